// The one way in which a kernel is started.
#pragma once

#include <cuda_runtime.h>

#include "sdmae/backend/cuda/check.hpp"
#include "sdmae/core/config.hpp"

namespace sdmae::cuda {

inline constexpr int warp_size = 32;
inline constexpr unsigned whole_warp = 0xFFFFFFFFu;

constexpr index divide_up(index a, index b) { return (a + b - 1) / b; }

/// Blocks for `wanted` pieces of work in a grid's y and z extents, whose kernels go on with the pieces beyond.
constexpr unsigned grid_extent(index wanted) { return static_cast<unsigned>(wanted < 65535 ? wanted : 65535); }

/// Starts kernel<<<grid, block, 0, stream>>>(arguments…). A grid without blocks is no work, and nothing is started.
template <class... Parameters, class... Arguments>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, cudaStream_t where, const Arguments&... arguments) {
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return;
  cudaLaunchConfig_t configuration{};
  configuration.gridDim = grid;
  configuration.blockDim = block;
  configuration.stream = where;
  check(cudaLaunchKernelEx(&configuration, kernel, Parameters(arguments)...), "cudaLaunchKernelEx");
}

}  // namespace sdmae::cuda
