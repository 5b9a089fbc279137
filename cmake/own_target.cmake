# Flags for our own programs, tests and benchmarks. They stay on those targets: nothing here reaches sdmae::sdmae, so a
# project that uses the library keeps its own warnings and its own processor.
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-march=native sdmae_has_march_native)

# Warnings are errors only for compilers that we have tried: a newer one may know new warnings, and that must not stop
# a stranger.
if((CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15)
   OR (CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 15))
  set(sdmae_werror -Werror)
endif()
# Designated initialisers leave members at their defaults on purpose. The others of GCC's are false alarms in optimised
# code of the standard library and of its own vector headers (GCC bugs 105329, 105593); the asan preset sees the true ones.
set(sdmae_warnings -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND sdmae_warnings -Wno-uninitialized -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow
    -Wno-restrict)
endif()

function(sdmae_own_target target)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  if(NOT MSVC)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${sdmae_warnings}>)
  endif()
  if(SDMAE_WERROR)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${sdmae_werror}>
      $<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings>)
  endif()
  if(SDMAE_NATIVE AND sdmae_has_march_native)
    target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-march=native>
      $<$<COMPILE_LANGUAGE:CUDA>:-Xcompiler=-march=native>)
  endif()
endfunction()
