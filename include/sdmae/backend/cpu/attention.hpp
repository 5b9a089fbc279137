// Attention of one image and one head on one CPU thread, in cache.
#pragma once

#include <algorithm>
#include <cmath>

#include "sdmae/backend/cpu/fold.hpp"
#include "sdmae/backend/cpu/product.hpp"
#include "sdmae/backend/elementary.hpp"

namespace sdmae::cpu {

/// One head of one image: q, k and v of token t stand at q + t·3D, q + t·3D + D, q + t·3D + 2D, each d wide.
template <class T, index Heads, index D>
class attention_head {
 public:
  static constexpr index d = D / Heads;

  /// Values of workspace for `tokens` tokens.
  static constexpr index workspace(index tokens) {
    return 2 * packed_columns<T>(tokens, d) + 2 * tokens * padded(tokens);
  }

  attention_head(index tokens, const T* q, T* workspace, T* scratch)
      : tokens_(tokens),
        q_(q),
        scratch_(scratch),
        packed_(workspace),
        p_(packed_ + 2 * packed_columns<T>(tokens, d)),
        ds_(p_ + tokens * padded(tokens)) {}

  /// out(t, ·) = softmax(q·kᵀ/√d)·v at out + t·D; log_sum(t) at log_sum + t·Heads.
  void forward(T* out, T* log_sum) {
    const index wide = padded(tokens_);
    scores();
    for (index t = 0; t < tokens_; ++t) {
      T* const row = p_ + t * wide;
      std::fill(row + tokens_, row + wide, row[0]);  // whole vectors: the padding changes no maximum …
      const T largest = fold(
          wide, row[0], [=](index j) { return row[j]; }, [](T a, T b) { return a < b ? b : a; });
      SDMAE_INDEPENDENT
      for (index j = 0; j < wide; ++j) row[j] = elementary::exp((row[j] - largest) * scale());
      std::fill(row + tokens_, row + wide, T(0));  // … and adds nothing
      const T sum = fold_sum<T>(wide, [=](index j) { return row[j]; });
      const T share = T(1) / sum;
      SDMAE_INDEPENDENT
      for (index j = 0; j < wide; ++j) row[j] *= share;
      log_sum[t * Heads] = largest * scale() + std::log(sum);
    }
    multiply<T>(tokens_, d, tokens_, {p_, wide, 1}, right_operand<T>::plain(q_ + 2 * D, 3 * D), out, D, false,
                scratch_);
  }

  /// dv = Pᵀ·dout, dS = P∘(dout·vᵀ − rowsum(dout∘out))/√d, dq = dS·k, dk = dSᵀ·q, at dq, dq + D and dq + 2D.
  void backward(const T* dout, const T* out, const T* log_sum, T* dq) {
    constexpr index row = 3 * D;
    const index n = tokens_, wide = padded(n);
    scores();
    T* const v = packed_ + packed_columns<T>(n, d);
    pack_columns(q_ + 2 * D, n, d, row, 1, v);
    multiply<T>(n, wide, d, {dout, D, 1}, right_operand<T>::panels(v, d), ds_, wide, false, scratch_);
    for (index t = 0; t < n; ++t) {
      const T correction = fold_sum<T>(d, [=](index c) { return dout[t * D + c] * out[t * D + c]; });
      T* const p = p_ + t * wide;
      T* const ds = ds_ + t * wide;
      const T shift = log_sum[t * Heads];
      SDMAE_INDEPENDENT
      for (index j = 0; j < wide; ++j) {  // nobody reads the padding
        p[j] = elementary::exp(p[j] * scale() - shift);
        ds[j] = p[j] * (ds[j] - correction) * scale();
      }
    }
    multiply<T>(n, d, n, {ds_, wide, 1}, right_operand<T>::plain(q_ + D, row), dq, row, false, scratch_);
    multiply<T>(n, d, n, {ds_, 1, wide}, right_operand<T>::plain(q_, row), dq + D, row, false, scratch_);
    multiply<T>(n, d, n, {p_, 1, wide}, right_operand<T>::plain(dout, D), dq + 2 * D, row, false, scratch_);
  }

 private:
  static T scale() { return T(1) / std::sqrt(T(d)); }
  static constexpr index padded(index tokens) {
    constexpr index width = tile<T>::width;
    return (tokens + width - 1) / width * width;
  }

  /// p = q·kᵀ in rows that are padded to whole tiles.
  void scores() {
    pack_columns(q_ + D, tokens_, d, 3 * D, 1, packed_);
    multiply<T>(tokens_, padded(tokens_), d, {q_, 3 * D, 1}, right_operand<T>::panels(packed_, d), p_, padded(tokens_),
                false, scratch_);
  }

  index tokens_;
  const T* q_;
  T *scratch_, *packed_, *p_, *ds_;
};

}  // namespace sdmae::cpu
