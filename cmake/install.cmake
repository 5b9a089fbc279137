# Reports the components, refuses compilers that are known not to work, and installs the headers with the two files
# that find_package(sdmae) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

if(NOT TARGET sdmae::sdmae)
  message(FATAL_ERROR "sdmae: ${sdmae_sdmae_REASON}")
endif()
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 14))
  message(FATAL_ERROR "sdmae needs GCC 12 or Clang 14 or newer; this is ${CMAKE_CXX_COMPILER_ID} "
    "${CMAKE_CXX_COMPILER_VERSION}. Name another compiler with CXX=… in an empty build folder.")
endif()

get_property(components GLOBAL PROPERTY sdmae_components)
list(REMOVE_ITEM components sdmae)
foreach(name IN LISTS components)
  if(TARGET sdmae::${name})
    message(STATUS "sdmae::${name}: on")
  else()
    message(STATUS "sdmae::${name}: OFF, ${sdmae_${name}_REASON}")
  endif()
endforeach()

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
