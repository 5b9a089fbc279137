# The language CUDA for our own programs and tests. nvcc is taken from the toolkit that sdmae::cuda has found, unless
# CMAKE_CUDA_COMPILER or CUDACXX name another.
if(NOT TARGET sdmae::cuda)
  message(FATAL_ERROR "SDMAE_CUDA: ${sdmae_cuda_REASON}")
endif()
if(NOT CMAKE_CUDA_COMPILER AND NOT DEFINED ENV{CUDACXX} AND CUDAToolkit_NVCC_EXECUTABLE)
  set(CMAKE_CUDA_COMPILER ${CUDAToolkit_NVCC_EXECUTABLE})
endif()
if(NOT CMAKE_CUDA_ARCHITECTURES)
  set(CMAKE_CUDA_ARCHITECTURES 80-real 86-real 89-real 90-real 100-real 120)
endif()
enable_language(CUDA)

# What every unit needs that includes the backend: element functions are lambdas, and constexpr functions of the
# standard library are called in kernels. Warning 20208: long double constants are rounded once more, to double.
set(sdmae_cuda_flags --extended-lambda --expt-relaxed-constexpr -diag-suppress 20208)

# sdmae_cuda_sources(<source>…): .cpp files of this folder's targets that nvcc compiles.
function(sdmae_cuda_sources)
  set_source_files_properties(${ARGN} PROPERTIES LANGUAGE CUDA)
endfunction()
function(sdmae_cuda_target target)
  set_target_properties(${target} PROPERTIES CUDA_STANDARD 20 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:${sdmae_cuda_flags}>)
  target_link_libraries(${target} PRIVATE sdmae::cuda)
endfunction()
