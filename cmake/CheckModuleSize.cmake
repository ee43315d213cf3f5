# cmake -DMODULE=file -DMOST=megabytes -P CheckModuleSize.cmake: a wheel has no room for more.
file(SIZE "${MODULE}" bytes)
math(EXPR most "${MOST} * 1000000")
if(bytes GREATER most)
  message(FATAL_ERROR "${MODULE} has ${bytes} bytes; the CUDA module may have ${most}")
endif()
