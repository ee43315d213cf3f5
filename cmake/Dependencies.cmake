# What the library is built with. Nothing is downloaded: a missing package is named with the command that installs it.
set(CROSSLIFT_APT "zlib1g-dev libcsv-dev nlohmann-json3-dev libcli11-dev")

find_package(Threads REQUIRED)
find_package(ZLIB)
find_package(nlohmann_json 3.11 CONFIG QUIET)
find_path(CSV_INCLUDE_DIR csv.h)
if(CROSSLIFT_PORTABLE)
  find_library(CSV_LIBRARY NAMES libcsv.a)
else()
  find_library(CSV_LIBRARY csv)
endif()

foreach(found ZLIB_FOUND nlohmann_json_FOUND CSV_INCLUDE_DIR CSV_LIBRARY)
  if(NOT ${found})
    message(FATAL_ERROR "A package that Crosslift is built with is missing (${found}). On Debian or Ubuntu: "
                        "apt-get install ${CROSSLIFT_APT}")
  endif()
endforeach()

add_library(crosslift_third_party INTERFACE)
target_include_directories(crosslift_third_party SYSTEM INTERFACE $<BUILD_INTERFACE:${CSV_INCLUDE_DIR}>)
target_link_libraries(crosslift_third_party INTERFACE ZLIB::ZLIB ${CSV_LIBRARY}
                                                      $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>)
