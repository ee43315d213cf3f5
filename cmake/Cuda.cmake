# The CUDA module, where nvcc is found; without it the CPU part is built and a message says so (CROSSLIFT_CUDA=AUTO), or
# the build ends (ON). Includes cuda/ as a folder of the build. Sets CROSSLIFT_CUDA_FOUND.
set(CROSSLIFT_CUDA_FOUND OFF)

# nvcc is often installed beside PATH.
include(CheckLanguage)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX})
  find_program(CROSSLIFT_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
  if(CROSSLIFT_NVCC)
    set(CMAKE_CUDA_COMPILER "${CROSSLIFT_NVCC}")
  endif()
endif()
# Unset, nvcc would take its oldest architecture.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES "${CROSSLIFT_CUDA_ARCHITECTURES}")
endif()
check_language(CUDA)
if(NOT CMAKE_CUDA_COMPILER)
  set(where "nvcc was not found (looked on PATH, in $CUDA_HOME, $CUDA_PATH and /usr/local/cuda)")
  set(name_it "To name it: -DCMAKE_CUDA_COMPILER=/path/to/nvcc")
  if(CROSSLIFT_CUDA STREQUAL "AUTO")
    message(STATUS "CUDA module: ${where}; building for the CPU only. ${name_it}")
    return()
  endif()
  message(FATAL_ERROR "CROSSLIFT_CUDA is ${CROSSLIFT_CUDA}, but ${where}. ${name_it}, or build for the CPU only: "
                      "-DCROSSLIFT_CUDA=OFF")
endif()
enable_language(CUDA)

# CMake before 3.25.2 knows no C++20 for nvcc, which has had it since CUDA 12.
if(CMAKE_VERSION VERSION_LESS 3.25.2)
  set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION "-std=c++20")
  set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION "-std=c++20")
  list(APPEND CMAKE_CUDA_COMPILE_FEATURES cuda_std_20)
  set(CMAKE_CUDA20_COMPILE_FEATURES cuda_std_20)
endif()
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_VISIBILITY_PRESET hidden)

find_package(CUDAToolkit QUIET)
if(NOT TARGET CUDA::cublas OR NOT TARGET CUDA::cudart_static)
  set(what "${CMAKE_CUDA_COMPILER} was found without cuBLAS or without the static CUDA runtime beside it")
  if(CROSSLIFT_CUDA STREQUAL "AUTO")
    message(STATUS "CUDA module: ${what}; building for the CPU only.")
    return()
  endif()
  message(FATAL_ERROR "CROSSLIFT_CUDA is ${CROSSLIFT_CUDA}, but ${what}; install the whole toolkit.")
endif()

set(CROSSLIFT_CUDA_FOUND ON)
message(STATUS "CUDA module: built with ${CMAKE_CUDA_COMPILER} for ${CMAKE_CUDA_ARCHITECTURES}")
add_subdirectory(cuda)
