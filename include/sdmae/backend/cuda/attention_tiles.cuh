// What the attention kernels share: how a block's threads divide a tile, and how tiles come into shared memory.
#pragma once

#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/backend/cuda/warp.cuh"
#include "sdmae/core/view.hpp"

namespace sdmae::cuda {

/// A tile has `size` tokens of one head of `d` columns. Eight neighbouring lanes share `rows` rows of it; of a product
/// with another tile each lane has every eighth row, of a row every eighth pack of columns. Shared memory is read in
/// packs of 16 bytes; its rows are one pack longer than what they hold, so that the lanes read from different banks.
template <class T, index d>
struct attention_tile {
  static_assert(d <= 128, "sdmae::cuda_backend takes heads of up to 128 columns: choose more heads or a smaller width");

  static constexpr int packed = packed_values<T, d>, packed_tokens = int(16 / sizeof(T));
  using columns_pack = pack<T, packed>;
  using tokens_pack = pack<T, packed_tokens>;

  static constexpr index shared_bytes(int n) {
    return index(sizeof(T)) * (4 * n * (d + packed) + 2 * n * (n + packed_tokens) + 2 * n);
  }
  static constexpr index shared_limit = 48 << 10;
  static constexpr int size = shared_bytes(32) <= shared_limit ? 32 : shared_bytes(16) <= shared_limit ? 16 : 8;
  static constexpr int lanes = 8;
  static constexpr int rows = size == 32 ? 2 : 1;
  static constexpr int groups = size / rows;
  static constexpr int threads = groups * lanes;
  // Of a multiprocessor with 65,536 registers: a float's thread then takes 128 of them at most.
  static constexpr int blocks = sizeof(T) == 4 ? 65536 / (128 * threads) : 1;
  static constexpr int packs = int((d / packed + lanes - 1) / lanes);  // of a head that a lane holds
  static constexpr int columns = packs * packed;
  static constexpr int others = size / lanes;  // tokens of another tile that a lane holds

  struct alignas(16) tokens {
    T of[size][d + packed];
  };
  struct alignas(16) square {
    T of[size][size + packed_tokens];
  };

  static __device__ int lane() { return threadIdx.x % lanes; }
  static __device__ int row(int i) { return threadIdx.x / lanes + i * groups; }
  static __device__ int other(int j) { return lane() + j * lanes; }
  static __device__ int column(int piece) { return (lane() + piece * lanes) * packed; }  // the first of a pack

  template <class Pack>
  static __device__ Pack read(const T* from) {
    return *reinterpret_cast<const Pack*>(from);
  }

  /// to[t][c] = from[t·stride + c] for t < count, 0 for the tokens that are not there.
  static __device__ void load(tokens& to, const T* from, index stride, int count) {
    constexpr int across = int(d) / packed;
    for (int i = threadIdx.x; i < size * across; i += threads) {
      const int t = i / across, c = i % across * packed;
      *reinterpret_cast<columns_pack*>(&to.of[t][c]) =
          t < count ? read<columns_pack>(from + t * stride + c) : columns_pack{};
    }
  }

  /// s[i][j] = Σ_c a[row i][c]·b[other j][c]
  static __device__ void multiply(T (&s)[rows][others], const tokens& a, const tokens& b) {
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < others; ++j) s[i][j] = T(0);
    SDMAE_KEEP_LOOP
    for (int c = 0; c < int(d); c += packed) {
      columns_pack left[rows];
      SDMAE_UNROLL
      for (int i = 0; i < rows; ++i) left[i] = read<columns_pack>(&a.of[row(i)][c]);
      SDMAE_UNROLL
      for (int j = 0; j < others; ++j) {
        const columns_pack right = read<columns_pack>(&b.of[other(j)][c]);
        SDMAE_UNROLL
        for (int i = 0; i < rows; ++i)
          for (int k = 0; k < packed; ++k) s[i][j] += left[i].values[k] * right.values[k];
      }
    }
  }

  /// sum[i][c] += Σ_t p[row i][t]·b[t][column c], for the tokens t < count; up to the end of their pack, p or b is 0.
  static __device__ void accumulate(T (&sum)[rows][columns], const square& p, const tokens& b, int count) {
    SDMAE_KEEP_LOOP
    for (int t = 0; t < count; t += packed_tokens) {
      tokens_pack left[rows];
      SDMAE_UNROLL
      for (int i = 0; i < rows; ++i) left[i] = read<tokens_pack>(&p.of[row(i)][t]);
      SDMAE_UNROLL
      for (int piece = 0; piece < packs; ++piece) {
        if (column(piece) >= int(d)) continue;
        SDMAE_UNROLL
        for (int k = 0; k < packed_tokens; ++k) {
          const columns_pack right = read<columns_pack>(&b.of[t + k][column(piece)]);
          SDMAE_UNROLL
          for (int i = 0; i < rows; ++i)
            for (int c = 0; c < packed; ++c) sum[i][piece * packed + c] += left[i].values[k] * right.values[c];
        }
      }
    }
  }

  /// to[row i][column c] = scale·sum[i][c] for the rows < count.
  static __device__ void store(T* to, index stride, int count, const T (&sum)[rows][columns], const T (&scale)[rows]) {
    for (int i = 0; i < rows; ++i)
      for (int piece = 0; piece < packs; ++piece) {
        if (row(i) >= count || column(piece) >= int(d)) continue;
        columns_pack values;
        for (int c = 0; c < packed; ++c) values.values[c] = scale[i] * sum[i][piece * packed + c];
        *reinterpret_cast<columns_pack*>(to + row(i) * stride + column(piece)) = values;
      }
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
