# Flags for our own programs, tests and benchmarks. They stay on those targets: nothing here reaches sdmae::sdmae, so a
# project that uses the library keeps its own warnings and its own processor.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-march=native sdmae_has_march_native)

# Warnings are errors only for compilers that we have tried: a newer one may know new warnings, and that must not stop
# a stranger. The exceptions are known for false alarms in optimised standard library code.
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15))
  set(sdmae_werror -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    list(APPEND sdmae_werror -Wno-error=maybe-uninitialized -Wno-error=array-bounds -Wno-error=stringop-overflow
      -Wno-error=restrict)
  endif()
endif()

function(sdmae_own_target target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(NOT MSVC)
    # Designated initialisers leave members at their defaults on purpose; GCC 12 warns of that.
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
  endif()
  if(SDMAE_WERROR)
    target_compile_options(${target} PRIVATE ${sdmae_werror})
  endif()
  if(SDMAE_NATIVE AND sdmae_has_march_native)
    target_compile_options(${target} PRIVATE -march=native)
  endif()
endfunction()
