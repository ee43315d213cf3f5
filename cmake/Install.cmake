# install(), export and find_package(crosslift).
include(CMakePackageConfigHelpers)

if(SKBUILD)
  return()  # a wheel carries the Python module alone
endif()

install(TARGETS crosslift EXPORT crosslift-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(NOT BUILD_SHARED_LIBS)
  # A static library hands its private dependencies on to whoever links it.
  install(TARGETS crosslift_third_party EXPORT crosslift-targets)
endif()
install(DIRECTORY include/crosslift DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY python/crosslift/data DESTINATION ${CMAKE_INSTALL_DATADIR}/crosslift)
install(EXPORT crosslift-targets NAMESPACE crosslift:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crosslift)
configure_package_config_file(cmake/crosslift-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/crosslift-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crosslift)
write_basic_package_version_file(crosslift-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/crosslift-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/crosslift-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crosslift)
