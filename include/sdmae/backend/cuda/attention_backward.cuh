// Backward of attention (Dao et al., arXiv 2205.14135, algorithm 4), as two kernels that make the probabilities again:
// one sums over keys for each query, one over queries for each key. Nothing is added up by several blocks, so the order
// of every sum is fixed.
#pragma once

#include <cmath>

#include "sdmae/backend/cuda/attention_tiles.cuh"
#include "sdmae/backend/elementary.hpp"

namespace sdmae::cuda {

/// Tables of all images and heads: qkv, dqkv: [images·tokens, 3·D]; dout, out: [images·tokens, D];
/// log_sum: [images·tokens, Heads].
template <class T>
struct attention_tables {
  const T *dout, *qkv, *out, *log_sum;
  T* dqkv;
};

/// correction[t] = Σ_c dout·out and sums[t] = log_sum of the `count` tokens from row `row` on, of one head.
template <class T, index Heads, index D>
__device__ void load_row_terms(const attention_tables<T>& of, index row, index head, int count, T* correction,
                               T* sums) {
  constexpr index d = D / Heads;
  using tile = attention_tile<T, d>;
  for (int i = 0; i < tile::rows; ++i) {
    const int t = tile::row(i);
    T sum = 0;
    for (int piece = 0; piece < tile::packs && t < count; ++piece) {
      if (tile::column(piece) >= int(d)) continue;
      const index at = (row + t) * D + head * d + tile::column(piece);
      const auto gradient = tile::template read<typename tile::columns_pack>(of.dout + at),
                 value = tile::template read<typename tile::columns_pack>(of.out + at);
      for (int c = 0; c < tile::packed; ++c) sum += gradient.values[c] * value.values[c];
    }
    sum = sum_of_lanes<tile::lanes>(sum);
    if (tile::lane() == 0) {
      correction[t] = sum;
      sums[t] = t < count ? of.log_sum[(row + t) * Heads + head] : T(0);
    }
  }
}

/// dq = dS·k/√d with dS = P∘(dout·vᵀ − correction), P = exp(q·kᵀ/√d − log_sum). Grid: tiles of queries, heads, images.
template <class T, index Heads, index D>
__global__ void __launch_bounds__(attention_tile<T, D / Heads>::threads, attention_tile<T, D / Heads>::blocks)
    attention_query_gradient_kernel(index tokens, attention_tables<T> of) {
  constexpr index d = D / Heads;
  using tile = attention_tile<T, d>;
  __shared__ typename tile::tokens q, dout, k, v;
  __shared__ typename tile::square ds;
  __shared__ T correction[tile::size], sums[tile::size];
  const index head = blockIdx.y, first = index(blockIdx.x) * tile::size, image = index(blockIdx.z) * tokens;
  const T* const of_image = of.qkv + image * 3 * D + head * d;
  const int queries = tile::count(tokens, first);
  const T scale = T(1) / sqrt(T(d));

  tile::load(q, of_image + first * 3 * D, 3 * D, queries);
  tile::load(dout, of.dout + (image + first) * D + head * d, D, queries);
  load_row_terms<T, Heads, D>(of, image + first, head, queries, correction, sums);
  T dq[tile::rows][tile::columns] = {};
  for (index key = 0; key < tokens; key += tile::size) {
    const int keys = tile::count(tokens, key);
    tile::load(k, of_image + D + key * 3 * D, 3 * D, keys);
    tile::load(v, of_image + 2 * D + key * 3 * D, 3 * D, keys);
    __syncthreads();
    T s[tile::rows][tile::others], dp[tile::rows][tile::others];
    tile::multiply(s, q, k);
    tile::multiply(dp, dout, v);
    for (int i = 0; i < tile::rows; ++i)
      for (int j = 0; j < tile::others; ++j) {
        const int t = tile::row(i);
        const T gradient = elementary::exp(scale * s[i][j] - sums[t]) * (dp[i][j] - correction[t]);
        ds.of[t][tile::other(j)] = tile::other(j) < keys ? gradient : T(0);
      }
    __syncwarp();  // a row of ds belongs to lanes of one warp
    tile::accumulate(dq, ds, k, keys);
    __syncthreads();
  }
  T scales[tile::rows];
  for (int i = 0; i < tile::rows; ++i) scales[i] = scale;
  tile::store(of.dqkv + (image + first) * 3 * D + head * d, 3 * D, queries, dq, scales);
}

/// dv = Pᵀ·dout, dk = dSᵀ·q/√d. Grid: tiles of keys, heads, images; a row of a tile is a key, tiles of queries pass by.
template <class T, index Heads, index D>
__global__ void __launch_bounds__(attention_tile<T, D / Heads>::threads, attention_tile<T, D / Heads>::blocks)
    attention_key_gradient_kernel(index tokens, attention_tables<T> of) {
  constexpr index d = D / Heads;
  using tile = attention_tile<T, d>;
  __shared__ typename tile::tokens k, v, q, dout;
  __shared__ typename tile::square p, ds;
  __shared__ T correction[tile::size], sums[tile::size];
  const index head = blockIdx.y, first = index(blockIdx.x) * tile::size, image = index(blockIdx.z) * tokens;
  const T* const of_image = of.qkv + image * 3 * D + head * d;
  const int keys = tile::count(tokens, first);
  const T scale = T(1) / sqrt(T(d));

  tile::load(k, of_image + D + first * 3 * D, 3 * D, keys);
  tile::load(v, of_image + 2 * D + first * 3 * D, 3 * D, keys);
  T dk[tile::rows][tile::columns] = {}, dv[tile::rows][tile::columns] = {};
  for (index query = 0; query < tokens; query += tile::size) {
    const int queries = tile::count(tokens, query);
    tile::load(q, of_image + query * 3 * D, 3 * D, queries);
    tile::load(dout, of.dout + (image + query) * D + head * d, D, queries);
    load_row_terms<T, Heads, D>(of, image + query, head, queries, correction, sums);
    __syncthreads();
    T s[tile::rows][tile::others], dp[tile::rows][tile::others];
    tile::multiply(s, k, q);
    tile::multiply(dp, v, dout);
    for (int i = 0; i < tile::rows; ++i)
      for (int j = 0; j < tile::others; ++j) {
        const int t = tile::other(j);
        const T probability = elementary::exp(scale * s[i][j] - sums[t]);
        p.of[tile::row(i)][t] = probability;
        ds.of[tile::row(i)][t] = probability * (dp[i][j] - correction[t]);
      }
    __syncwarp();  // rows of p and ds belong to lanes of one warp
    tile::accumulate(dv, p, dout, queries);
    tile::accumulate(dk, ds, q, queries);
    __syncthreads();
  }
  T scales[tile::rows], ones[tile::rows];
  for (int i = 0; i < tile::rows; ++i) scales[i] = scale, ones[i] = T(1);
  T* const to = of.dqkv + (image + first) * 3 * D + head * d;
  tile::store(to + D, 3 * D, keys, dk, scales);
  tile::store(to + 2 * D, 3 * D, keys, dv, ones);
}

template <class T, index Heads, index D>
void attention_backward(index tokens, rows_view<const T, D> dout, rows_view<const T, 3 * D> qkv,
                        rows_view<const T, D> out, rows_view<const T, Heads> log_sum, rows_view<T, 3 * D> dqkv,
                        cudaStream_t where) {
  using tile = attention_tile<T, D / Heads>;
  if (tokens <= 0) return;
  each_part_of_images(qkv.rows() / tokens, [&](index first, index images) {
    const index row = first * tokens;
    const dim3 grid(unsigned(divide_up(tokens, tile::size)), unsigned(Heads), unsigned(images));
    const attention_tables<T> of{dout.row(row), qkv.row(row), out.row(row), log_sum.row(row), dqkv.row(row)};
    launch(attention_query_gradient_kernel<T, Heads, D>, grid, dim3(tile::threads), where, tokens, of);
    launch(attention_key_gradient_kernel<T, Heads, D>, grid, dim3(tile::threads), where, tokens, of);
  });
}

}  // namespace sdmae::cuda
