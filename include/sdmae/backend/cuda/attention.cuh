// Attention whose scores never reach global memory (Dao et al., arXiv 2205.14135, algorithm 1): tiles of keys pass by,
// the softmax is corrected as larger scores come.
#pragma once

#include <cmath>
#include <limits>

#include "sdmae/backend/cuda/attention_tiles.cuh"
#include "sdmae/backend/elementary.hpp"

namespace sdmae::cuda {

/// Grid: tiles of queries, heads, images. qkv: [images·tokens, 3·D], out: [images·tokens, D],
/// log_sum: [images·tokens, Heads].
template <class T, index Heads, index D>
__global__ void __launch_bounds__(attention_tile<T, D / Heads>::threads)
    attention_kernel(index tokens, const T* qkv, T* out, T* log_sum) {
  constexpr index d = D / Heads;
  using tile = attention_tile<T, d>;
  __shared__ typename tile::tokens q, k, v;
  __shared__ typename tile::square p;
  const index head = blockIdx.y, first = index(blockIdx.x) * tile::size, image = index(blockIdx.z) * tokens;
  const T* const of_image = qkv + image * 3 * D + head * d;
  const int queries = tile::count(tokens, first);
  const T scale = T(1) / sqrt(T(d));

  T sum[tile::rows][tile::columns] = {}, largest[tile::rows], total[tile::rows];
  for (int i = 0; i < tile::rows; ++i) {
    largest[i] = -std::numeric_limits<T>::infinity();
    total[i] = T(0);
  }
  tile::load(q, of_image + first * 3 * D, 3 * D, queries);
  for (index key = 0; key < tokens; key += tile::size) {
    const int keys = tile::count(tokens, key);
    tile::load(k, of_image + D + key * 3 * D, 3 * D, keys);
    tile::load(v, of_image + 2 * D + key * 3 * D, 3 * D, keys);
    __syncthreads();
    T s[tile::rows][tile::others];
    tile::multiply(s, q, k);
    SDMAE_UNROLL
    for (int i = 0; i < tile::rows; ++i) {
      T larger = largest[i], added = T(0);
      for (int j = 0; j < tile::others; ++j) {
        s[i][j] = tile::other(j) < keys ? scale * s[i][j] : -std::numeric_limits<T>::infinity();
        larger = larger < s[i][j] ? s[i][j] : larger;
      }
      larger = largest_of_lanes<tile::lanes>(larger);
      for (int j = 0; j < tile::others; ++j) {
        s[i][j] = tile::other(j) < keys ? elementary::exp(s[i][j] - larger) : T(0);
        added += s[i][j];
      }
      const T keep = key == 0 ? T(0) : elementary::exp(largest[i] - larger);
      total[i] = keep * total[i] + sum_of_lanes<tile::lanes>(added);
      for (int j = 0; j < tile::others; ++j) p.of[tile::row(i)][tile::other(j)] = s[i][j];
      for (int c = 0; c < tile::columns; ++c) sum[i][c] *= keep;
      largest[i] = larger;
    }
    __syncwarp();  // a row of p belongs to lanes of one warp
    tile::accumulate(sum, p, v, keys);
    __syncthreads();
  }
  for (int i = 0; i < tile::rows; ++i) {
    if (tile::lane() == 0 && tile::row(i) < queries)
      log_sum[(image + first + tile::row(i)) * Heads + head] = largest[i] + elementary::log(total[i]);
    total[i] = T(1) / total[i];
  }
  tile::store(out + (image + first) * D + head * d, D, queries, sum, total);
}

template <class T, index Heads, index D>
void attention_forward(index tokens, rows_view<const T, 3 * D> qkv, rows_view<T, D> out, rows_view<T, Heads> log_sum,
                       cudaStream_t where) {
  using tile = attention_tile<T, D / Heads>;
  if (tokens <= 0) return;
  each_part_of_images(qkv.rows() / tokens, [&](index first, index images) {
    const dim3 grid(unsigned(divide_up(tokens, tile::size)), unsigned(Heads), unsigned(images));
    launch(attention_kernel<T, Heads, D>, grid, dim3(tile::threads), where, tokens, qkv.row(first * tokens),
           out.row(first * tokens), log_sum.row(first * tokens));
  });
}

}  // namespace sdmae::cuda
