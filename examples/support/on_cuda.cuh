// An NVIDIA GPU as programs compute on it.
#pragma once

#include <cstddef>
#include <utility>

#include "cuda_presets.hpp"
#include "sdmae/backend/cuda.cuh"

namespace program {

using cuda = sdmae::cuda_backend<float>;

/// Bytes that are free on the device.
inline std::size_t free_memory() {
  sdmae::cuda::select_device(0);
  std::size_t available = 0, total = 0;
  sdmae::cuda::check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
  return available;
}

/// add(name, make_backend) for each precision of a preset. Returns true, for the initialiser that calls it.
template <class Preset, class Add>
bool in_each_precision(Add add) {
  for (const auto& [name, rounding] : sdmae::precisions)
    add(preset_on_cuda(Preset::name, name),
        [rounding = rounding](const auto&) { return cuda({.precision = rounding}); });
  free_memory_of_cuda() = free_memory;
  return true;
}

}  // namespace program
