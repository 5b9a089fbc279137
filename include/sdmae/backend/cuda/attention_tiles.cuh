// What the attention kernels share: how a block's threads divide a tile, and how tiles come into shared memory.
#pragma once

#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/backend/cuda/warp.cuh"
#include "sdmae/core/view.hpp"

namespace sdmae::cuda {

/// A tile has `size` tokens of one head of `d` columns. Eight neighbouring lanes share `rows` rows of it; of a product
/// with another tile each lane has every eighth column. Rows in shared memory are one value longer than the head, so
/// that the lanes read from different banks.
template <class T, index d>
struct attention_tile {
  static_assert(d <= 128, "sdmae::cuda_backend takes heads of up to 128 columns: choose more heads or a smaller width");

  static constexpr index shared_bytes(int n) { return index(sizeof(T)) * (4 * n * (d + 1) + 2 * n * (n + 1) + 2 * n); }
  static constexpr index shared_limit = 48 << 10;
  static constexpr int size = shared_bytes(32) <= shared_limit ? 32 : shared_bytes(16) <= shared_limit ? 16 : 8;
  static constexpr int lanes = 8;
  static constexpr int rows = size == 32 ? 2 : 1;
  static constexpr int groups = size / rows;
  static constexpr int threads = groups * lanes;
  static constexpr int columns = int((d + lanes - 1) / lanes);  // of a head that a lane holds
  static constexpr int others = size / lanes;                   // tokens of another tile that a lane holds

  using tokens = T[size][d + 1];
  using square = T[size][size + 1];

  static __device__ int lane() { return threadIdx.x % lanes; }
  static __device__ int row(int i) { return threadIdx.x / lanes + i * groups; }
  static __device__ int other(int j) { return lane() + j * lanes; }
  static __device__ int column(int c) { return lane() + c * lanes; }

  /// to[t][c] = from[t·stride + c] for t < count, 0 for the tokens that are not there.
  static __device__ void load(tokens& to, const T* from, index stride, int count) {
    for (int i = threadIdx.x; i < size * int(d); i += threads) {
      const int t = i / int(d), c = i % int(d);
      to[t][c] = t < count ? from[t * stride + c] : T(0);
    }
  }

  /// s[i][j] = Σ_c a[row i][c]·b[other j][c]
  static __device__ void multiply(T (&s)[rows][others], const tokens& a, const tokens& b) {
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < others; ++j) s[i][j] = T(0);
    for (int c = 0; c < int(d); ++c) {
      SDMAE_UNROLL
      for (int j = 0; j < others; ++j) {
        const T right = b[other(j)][c];
        SDMAE_UNROLL
        for (int i = 0; i < rows; ++i) s[i][j] += a[row(i)][c] * right;
      }
    }
  }

  /// sum[i][c] += Σ_t p[row i][t]·b[t][column c], for the tokens t < count.
  static __device__ void accumulate(T (&sum)[rows][columns], const square& p, const tokens& b, int count) {
    for (int t = 0; t < count; ++t) {
      SDMAE_UNROLL
      for (int c = 0; c < columns; ++c) {
        if (column(c) >= int(d)) continue;
        const T right = b[t][column(c)];
        SDMAE_UNROLL
        for (int i = 0; i < rows; ++i) sum[i][c] += p[row(i)][t] * right;
      }
    }
  }

  /// to[row i][column c] = scale·sum[i][c] for the rows < count.
  static __device__ void store(T* to, index stride, int count, const T (&sum)[rows][columns], const T (&scale)[rows]) {
    for (int i = 0; i < rows; ++i)
      for (int c = 0; c < columns; ++c)
        if (row(i) < count && column(c) < int(d)) to[row(i) * stride + column(c)] = scale[i] * sum[i][c];
  }

  /// Tokens of the tile that begins at `first`.
  static __device__ int count(index tokens_of_image, index first) {
    return int(tokens_of_image - first < size ? tokens_of_image - first : size);
  }
};

/// Runs launch_part(first image, images) for parts that fit into a grid's z extent.
template <class F>
void each_part_of_images(index images, const F& launch_part) {
  constexpr index most = 65535;
  for (index first = 0; first < images; first += most)
    launch_part(first, images - first < most ? images - first : most);
}

}  // namespace sdmae::cuda
