// What is free on the device that programs compute on.
#pragma once

#include <cstddef>

#include "sdmae/backend/cuda.cuh"

namespace program {

/// In bytes.
inline std::size_t free_memory() {
  sdmae::cuda::select_device(0);
  std::size_t available = 0, total = 0;
  sdmae::cuda::check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
  return available;
}

}  // namespace program
