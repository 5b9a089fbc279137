# Refuses what is known not to work, and says of every component whether it is on.
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
