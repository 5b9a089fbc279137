// Reductions of element functions over rows and columns. Every sum has one order, whatever the device does first.
#pragma once

#include <algorithm>
#include <cstddef>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cuda/handles.hpp"
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

inline constexpr int columns_of_block = 32, warps_of_columns = 8;

/// A block sums 32 columns over a chunk of rows: warp w over rows w, w + 8, … of it, then the first warp adds what the
/// warps have. outs.of[i][chunk·width + c] = Σ f(r, c).of[i], to which `adds` adds what was there.
template <int Count, class A, class F>
__global__ void reduce_columns_kernel(sums<A*, Count> outs, index rows, index width, index rows_of_chunk, bool adds,
                                      F f) {
  __shared__ A of_warps[Count][warps_of_columns][columns_of_block];
  const int column = threadIdx.x, warp = threadIdx.y;
  const index c = index(blockIdx.x) * columns_of_block + column, begin = index(blockIdx.y) * rows_of_chunk;
  const index end = begin + rows_of_chunk < rows ? begin + rows_of_chunk : rows;
  A totals[Count] = {};
  for (index r = begin + warp; r < end && c < width; r += warps_of_columns) {
    const sums<A, Count> values = f(r, c);
    for (int i = 0; i < Count; ++i) totals[i] += values.of[i];
  }
  for (int i = 0; i < Count; ++i) of_warps[i][warp][column] = totals[i];
  __syncthreads();
  if (warp != 0 || c >= width) return;
  for (int i = 0; i < Count; ++i) {
    for (int other = 1; other < warps_of_columns; ++other) totals[i] += of_warps[i][other][column];
    A& out = outs.of[i][index(blockIdx.y) * width + c];
    out = adds ? out + totals[i] : totals[i];
  }
}

/// The sums of chunks, [chunks, width] each, as element function of a sum over the chunks.
template <class A, int Count>
struct sums_of_chunks {
  sums<A*, Count> of_chunks;
  index width;
  SDMAE_HOST_DEVICE sums<A, Count> operator()(index chunk, index c) const {
    sums<A, Count> values;
    for (int i = 0; i < Count; ++i) values.of[i] = of_chunks.of[i][chunk * width + c];
    return values;
  }
};

/// outs.of[i][c] += Σ f(r, c).of[i], in an order that rows, width and the size of `workspace` make: enough rows are cut
/// into chunks, whose sums stand in `workspace` until they are added up.
template <int Count, class A, class F>
void reduce_columns(sums<A*, Count> outs, index rows, index width, const F& f, device_workspace workspace,
                    cudaStream_t where) {
  constexpr index least_rows_of_chunk = 256, most_chunks = 128;
  if (rows <= 0) return;
  const dim3 block(columns_of_block, warps_of_columns);
  const auto across = unsigned(divide_up(width, columns_of_block));
  const index fit = index(workspace.bytes / sizeof(A)) / (Count * width);
  const index wanted = std::min({divide_up(rows, least_rows_of_chunk), most_chunks, fit});
  if (wanted < 2) {
    launch(reduce_columns_kernel<Count, A, F>, dim3(across), block, where, outs, rows, width, rows, true, f);
    return;
  }
  const index rows_of_chunk = divide_up(rows, wanted), chunks = divide_up(rows, rows_of_chunk);
  sums<A*, Count> of_chunks;
  for (int i = 0; i < Count; ++i) of_chunks.of[i] = reinterpret_cast<A*>(workspace.data) + i * chunks * width;
  launch(reduce_columns_kernel<Count, A, F>, dim3(across, unsigned(chunks)), block, where, of_chunks, rows, width,
         rows_of_chunk, false, f);
  using joined = sums_of_chunks<A, Count>;
  launch(reduce_columns_kernel<Count, A, joined>, dim3(across), block, where, outs, chunks, width, chunks, true,
         joined{of_chunks, width});
}

/// The element function of a single sum.
template <class A, class F>
struct single_sum {
  F f;
  SDMAE_HOST_DEVICE sums<A, 1> operator()(index r, index c) const { return {{static_cast<A>(f(r, c))}}; }
};

}  // namespace sdmae::cuda
