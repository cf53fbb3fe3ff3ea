# cmake --install: headers, libraries and the package behind find_package(jackdaw).
include(CMakePackageConfigHelpers)

set(jackdaw_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/jackdaw)

foreach(room runtime io)
  if(TARGET jackdaw_${room})
    install(TARGETS jackdaw_${room} EXPORT jackdaw-targets ARCHIVE COMPONENT development)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/jackdaw
            COMPONENT development FILES_MATCHING PATTERN "*.hpp")
  endif()
endforeach()

# Its headers are the runtime's neighbours, and have been installed with them.
if(TARGET jackdaw_parallel)
  install(TARGETS jackdaw_parallel EXPORT jackdaw-targets ARCHIVE COMPONENT development)
endif()

# So are those of TLS.
if(TARGET jackdaw_tls)
  install(TARGETS jackdaw_tls EXPORT jackdaw-targets ARCHIVE COMPONENT development)
endif()

foreach(adapter IN LISTS jackdaw_adapters)
  install(TARGETS jackdaw_${adapter} EXPORT jackdaw-targets ARCHIVE COMPONENT development)
  install(FILES ${PROJECT_SOURCE_DIR}/adapters/${adapter}.hpp
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/jackdaw/adapters COMPONENT development)
endforeach()

if(TARGET jackdaw_runtime)
  install(EXPORT jackdaw-targets NAMESPACE jackdaw:: DESTINATION ${jackdaw_package_dir}
          COMPONENT development)
endif()

configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/jackdaw-config.cmake.in ${PROJECT_BINARY_DIR}/jackdaw-config.cmake
  INSTALL_DESTINATION ${jackdaw_package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/jackdaw-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(
  FILES ${PROJECT_BINARY_DIR}/jackdaw-config.cmake
        ${PROJECT_BINARY_DIR}/jackdaw-config-version.cmake
        ${PROJECT_SOURCE_DIR}/cmake/compiler_hazards.cmake
  DESTINATION ${jackdaw_package_dir}
  COMPONENT development)
