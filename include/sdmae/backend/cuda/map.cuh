// Element functions over a table: the required map, and the same over values that are read side by side.
#pragma once

#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/core/view.hpp"

namespace sdmae::cuda {

inline constexpr int map_threads = 256;

/// One thread a column of a tile of blockDim.x columns × blockDim.y rows; blocks go on downwards by the grid's height.
template <class F>
__global__ void map_kernel(index rows, index width, F f) {
  const index c = index(blockIdx.x) * blockDim.x + threadIdx.x;
  if (c >= width) return;
  for (index r = index(blockIdx.y) * blockDim.y + threadIdx.y; r < rows; r += index(gridDim.y) * blockDim.y) f(r, c);
}

/// For a table of one column, which would leave most of such tiles idle: one thread a row.
template <class F>
__global__ void map_column_kernel(index rows, F f) {
  const index r = index(blockIdx.x) * blockDim.x + threadIdx.x;
  if (r < rows) f(r, index(0));
}

/// f(r, c) once for every element of [rows, width].
template <class F>
void map(index rows, index width, const F& f, cudaStream_t where) {
  if (rows <= 0 || width <= 0) return;
  if (width == 1) {
    launch(map_column_kernel<F>, dim3(unsigned(divide_up(rows, map_threads))), dim3(map_threads), where, rows, f);
    return;
  }
  unsigned across = 8;
  while (across < map_threads && index(across) < width) across *= 2;
  const dim3 tile(across, map_threads / across);
  launch(map_kernel<F>, dim3(unsigned(divide_up(width, tile.x)), grid_extent(divide_up(rows, tile.y))), tile, where,
         rows, width, f);
}

}  // namespace sdmae::cuda
