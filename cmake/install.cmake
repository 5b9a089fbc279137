# Installs the headers, and the three files that find_package(sdmae) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/sdmae)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/sdmaeConfig.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/sdmaeConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/sdmaeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(DIRECTORY ${sdmae_include_dir}/sdmae DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_CURRENT_LIST_DIR}/sdmae-components.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/sdmaeConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/sdmaeConfigVersion.cmake
  DESTINATION ${package_dir})
