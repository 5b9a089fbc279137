# The language CUDA for our own programs and tests. nvcc is taken from where it is usually installed, unless
# CMAKE_CUDA_COMPILER or CUDACXX name another.
if(NOT TARGET sdmae::cuda)
  message(FATAL_ERROR "SDMAE_CUDA: ${sdmae_cuda_REASON}")
endif()
find_program(SDMAE_NVCC NAMES nvcc PATHS /usr/local/cuda/bin)
mark_as_advanced(SDMAE_NVCC)
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND SDMAE_NVCC)
  set(CMAKE_CUDA_COMPILER ${SDMAE_NVCC})
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90-real 100-real 120)
endif()
enable_language(CUDA)

# What every unit needs that includes the backend: element functions are lambdas, and constexpr functions of the
# standard library are called in kernels. Warning 20208: long double constants are rounded once more, to double.
# -std by hand: CMake 3.25 does not know yet that nvcc has C++20.
set(sdmae_cuda_flags -std=c++20 --extended-lambda --expt-relaxed-constexpr -diag-suppress 20208)

# sdmae_cuda_sources(<source>…): .cpp files of this folder's targets that nvcc compiles.
function(sdmae_cuda_sources)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CUDA)
endfunction()
function(sdmae_cuda_target target)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:${sdmae_cuda_flags}>)
  target_link_libraries(${target} PRIVATE sdmae::cuda)
endfunction()
