// Default bodies of multi-head self-attention (Vaswani et al., arXiv 1706.03762, eq. 1), image by image.
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/elementary.hpp"

namespace sdmae::defaults {

template <class Self, class T>
class attention {
 public:
  /// Values of workspace that attention_forward and attention_backward need for images of `tokens` tokens.
  template <index Heads, index D>
  index attention_workspace(index tokens) {
    return (2 * tokens + 1) * tokens * Heads;
  }

  /// out = softmax(q·kᵀ/√d)·v for each image and head, d = D/Heads; log_sum = ln Σ exp over each row of scores.
  /// qkv: [B·tokens, 3·D], columns [q | k | v], each split into heads; out: [B·tokens, D]; log_sum: [B·tokens, Heads].
  template <index Heads, index D>
  void attention_forward(index tokens, rows_view<const T, 3 * D> qkv, rows_view<T, D> out, rows_view<T, Heads> log_sum,
                         T* workspace) {
    constexpr index d = D / Heads;
    T* const p = workspace;  // [Heads, tokens, tokens]
    for (index first = 0; first < qkv.rows(); first += tokens) {
      const T* const q = qkv.row(first);
      scores<Heads, D>(tokens, q, p);
      const rows_view<T, Heads> log_sums = log_sum.part(first, tokens);
      const column_view<T> largest{p + tokens * tokens * Heads, tokens * Heads};
      const column_view<T> total{largest.data + largest.rows(), tokens * Heads};
      self().reduce_rows(reduction::maximum{}, largest, tokens,
                         [=] SDMAE_ELEMENT(index r, index c) { return p[r * tokens + c]; });
      self().reduce_rows(reduction::sum{}, total, tokens, [=] SDMAE_ELEMENT(index r, index c) {
        return elementary::exp(p[r * tokens + c] - largest(r, 0));
      });
      self().map(tokens * Heads, tokens, [=] SDMAE_ELEMENT(index r, index c) {
        p[r * tokens + c] = elementary::exp(p[r * tokens + c] - largest(r, 0)) / total(r, 0);
        if (c == 0) log_sums(r % tokens, r / tokens) = largest(r, 0) + elementary::log(total(r, 0));
      });
      self().product({tokens, d, tokens, Heads}, T(1), {p, tokens, 1, tokens * tokens}, {q + 2 * D, 3 * D, 1, d},
                     {out.row(first), D, 1, d}, false);
    }
  }

  /// With P = exp(q·kᵀ/√d − log_sum) and dP = dout·vᵀ:
  ///   dv = Pᵀ·dout,  dS = P∘(dP − rowsum(dout∘out)),  dq = dS·k/√d,  dk = dSᵀ·q/√d.
  /// dqkv: [B·tokens, 3·D], overwritten.
  template <index Heads, index D>
  void attention_backward(index tokens, rows_view<const T, D> dout, rows_view<const T, 3 * D> qkv,
                          rows_view<const T, D> out, rows_view<const T, Heads> log_sum, rows_view<T, 3 * D> dqkv,
                          T* workspace) {
    constexpr index d = D / Heads;
    const T scale = T(1) / std::sqrt(T(d));
    const index square = tokens * tokens;
    const product_shape shape{tokens, d, tokens, Heads};
    T* const p = workspace;            // [Heads, tokens, tokens]
    T* const ds = p + square * Heads;  // [Heads, tokens, tokens], first dP
    const column_view<T> correction{ds + square * Heads, tokens * Heads};
    for (index first = 0; first < qkv.rows(); first += tokens) {
      const T* const q = qkv.row(first);
      const T* const dout_image = dout.row(first);
      T* const dq = dqkv.row(first);
      scores<Heads, D>(tokens, q, p);
      self().product({tokens, tokens, d, Heads}, T(1), {dout_image, D, 1, d}, {q + 2 * D, 1, 3 * D, d},
                     {ds, tokens, 1, square}, false);
      self().reduce_rows(reduction::sum{}, correction, d, [=] SDMAE_ELEMENT(index r, index c) {
        const index row = first + r % tokens, column = r / tokens * d + c;
        return dout(row, column) * out(row, column);
      });
      self().map(tokens * Heads, tokens, [=] SDMAE_ELEMENT(index r, index c) {
        T& probability = p[r * tokens + c];
        probability = elementary::exp(probability - log_sum(first + r % tokens, r / tokens));
        ds[r * tokens + c] = probability * (ds[r * tokens + c] - correction(r, 0));
      });
      self().product(shape, scale, {ds, tokens, 1, square}, {q + D, 3 * D, 1, d}, {dq, 3 * D, 1, d}, false);
      self().product(shape, scale, {ds, 1, tokens, square}, {q, 3 * D, 1, d}, {dq + D, 3 * D, 1, d}, false);
      self().product(shape, T(1), {p, 1, tokens, square}, {dout_image, D, 1, d}, {dq + 2 * D, 3 * D, 1, d}, false);
    }
  }

 private:
  /// p[head] = q·kᵀ/√d of one image whose qkv rows start at q.
  template <index Heads, index D>
  void scores(index tokens, const T* q, T* p) {
    constexpr index d = D / Heads;
    self().product({tokens, tokens, d, Heads}, T(1) / std::sqrt(T(d)), {q, 3 * D, 1, d}, {q + D, 1, 3 * D, d},
                   {p, tokens, 1, tokens * tokens}, false);
  }

  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace sdmae::defaults
