// Reductions of element functions over rows and columns. Every sum has one order, whatever the device does first.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/backend/cuda/warp.cuh"
#include "sdmae/core/view.hpp"

namespace sdmae::cuda {

template <class A>
struct row_sum {
  static constexpr bool has_start = true;
  __device__ static A join(A a, A b) { return a + b; }
  __device__ static A of_warp(A value) { return sum_of_lanes(value); }
};
template <class A>
struct row_maximum {
  static constexpr bool has_start = false;  // a row has at least one value
  __device__ static A join(A a, A b) { return a < b ? b : a; }
  __device__ static A of_warp(A value) { return largest_of_lanes(value); }
};

inline constexpr int warps_of_narrow_rows = 8, warps_of_wide_row = 8;

/// One warp a row. Lane l joins f(r, l), f(r, l + 32), …; then the lanes join.
template <class How, class A, class F>
__global__ void reduce_narrow_rows_kernel(column_view<A> out, index width, F f) {
  const int lane = threadIdx.x;
  const index r = index(blockIdx.x) * blockDim.y + threadIdx.y;
  if (r >= out.rows()) return;
  A value = How::has_start ? A(0) : static_cast<A>(f(r, lane < width ? lane : 0));
  for (index c = How::has_start ? lane : lane + warp_size; c < width; c += warp_size)
    value = How::join(value, static_cast<A>(f(r, c)));
  value = How::of_warp(value);
  if (lane == 0) out(r, 0) = value;
}

/// One block a row: its warps as above, then the first thread joins what the warps have.
template <class How, class A, class F>
__global__ void reduce_wide_rows_kernel(column_view<A> out, index width, F f) {
  __shared__ A of_warps[warps_of_wide_row];
  const int lane = threadIdx.x, warp = threadIdx.y;
  const index r = blockIdx.x, first = warp * warp_size + lane;
  A value = How::has_start ? A(0) : static_cast<A>(f(r, first < width ? first : 0));
  for (index c = How::has_start ? first : first + warps_of_wide_row * warp_size; c < width;
       c += warps_of_wide_row * warp_size)
    value = How::join(value, static_cast<A>(f(r, c)));
  value = How::of_warp(value);
  if (lane == 0) of_warps[warp] = value;
  __syncthreads();
  if (warp == 0 && lane == 0) {
    for (int other = 1; other < warps_of_wide_row; ++other) value = How::join(value, of_warps[other]);
    out(r, 0) = value;
  }
}

/// out(r, 0) = f(r, 0) joined with f(r, 1), …, f(r, width − 1).
template <class How, class A, class F>
void reduce_rows(column_view<A> out, index width, const F& f, cudaStream_t where) {
  constexpr index wide = 2048;
  if (width < wide)
    launch(reduce_narrow_rows_kernel<How, A, F>, dim3(unsigned(divide_up(out.rows(), warps_of_narrow_rows))),
           dim3(warp_size, warps_of_narrow_rows), where, out, width, f);
  else
    launch(reduce_wide_rows_kernel<How, A, F>, dim3(unsigned(out.rows())), dim3(warp_size, warps_of_wide_row), where,
           out, width, f);
}

/// `Count` values of one element, for sums that read the same things.
template <class A, int Count>
struct sums {
  A of[Count];
};

inline constexpr int columns_of_block = 32, rows_of_tile = 64, warps_of_columns = 8;

/// outs.of[i][c] += Σ f(r, c).of[i], r ascending: a block owns 32 columns. All its warps evaluate f over a tile of rows
/// into shared memory, thread c of the first warp adds them row by row: the work is spread, the order is not.
template <int Count, class A, class F>
__global__ void reduce_columns_kernel(sums<A*, Count> outs, index rows, index width, F f) {
  __shared__ A tile[Count][rows_of_tile][columns_of_block];
  const int column = threadIdx.x, warp = threadIdx.y;
  const index c = index(blockIdx.x) * columns_of_block + column;
  const bool adds = warp == 0 && c < width;
  A totals[Count];
  for (int i = 0; i < Count; ++i) totals[i] = adds ? outs.of[i][c] : A(0);
  for (index first = 0; first < rows; first += rows_of_tile) {
    const int count = int(rows - first < rows_of_tile ? rows - first : rows_of_tile);
    for (int r = warp; r < count && c < width; r += warps_of_columns) {
      const sums<A, Count> values = f(first + r, c);
      for (int i = 0; i < Count; ++i) tile[i][r][column] = values.of[i];
    }
    __syncthreads();
    for (int r = 0; r < count && adds; ++r)
      for (int i = 0; i < Count; ++i) totals[i] += tile[i][r][column];
    __syncthreads();
  }
  for (int i = 0; i < Count && adds; ++i) outs.of[i][c] = totals[i];
}

template <int Count, class A, class F>
void reduce_columns(sums<A*, Count> outs, index rows, index width, const F& f, cudaStream_t where) {
  if (rows <= 0) return;
  launch(reduce_columns_kernel<Count, A, F>, dim3(unsigned(divide_up(width, columns_of_block))),
         dim3(columns_of_block, warps_of_columns), where, outs, rows, width, f);
}

/// The element function of a single sum.
template <class A, class F>
struct single_sum {
  F f;
  SDMAE_HOST_DEVICE sums<A, 1> operator()(index r, index c) const { return {{static_cast<A>(f(r, c))}}; }
};

}  // namespace sdmae::cuda
