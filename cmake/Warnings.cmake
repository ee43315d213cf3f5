# Warnings and sanitizers, for every target of the project and for none of its users.
add_library(crosslift_warnings INTERFACE)
target_compile_options(crosslift_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                                    -Wnon-virtual-dtor -Woverloaded-virtual -Wno-psabi)
# GCC 12 sees overlaps in std::string's own code that are not there (GCC bug 105329).
target_compile_options(crosslift_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
# One rule for all machines: a*b+c rounds as written, so that the same formula gives the same bits everywhere.
target_compile_options(crosslift_warnings INTERFACE -ffp-contract=off)
if(CROSSLIFT_WERROR)
  target_compile_options(crosslift_warnings INTERFACE -Werror)
endif()
if(CROSSLIFT_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  # Instrumented, std::regex of GCC 12 looks uninitialized to it (GCC bug 105562).
  target_compile_options(crosslift_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
if(CROSSLIFT_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
