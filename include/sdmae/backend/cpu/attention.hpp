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
    T* const sum = ds_;  // which only backward needs for its own
    scores();
    exponentials(sum, log_sum);
    const auto divide = [=](index row, index rows, index column, index columns) {
      for (index t = row; t < row + rows; ++t) {
        const T share = T(1) / sum[t];
        for (index c = column; c < column + columns; ++c) out[t * D + c] *= share;
      }
    };
    multiply<T>(tokens_, d, tokens_, {p_, padded(tokens_), 1}, right_operand<T>::plain(q_ + 2 * D, 3 * D), out, D,
                false, scratch_, nullptr, divide);
  }

  /// dv = Pᵀ·dout, dS = P∘(dout·vᵀ − rowsum(dout∘out))/√d, dq = dS·k, dk = dSᵀ·q, at dq, dq + D and dq + 2D.
  void backward(const T* dout, const T* out, const T* log_sum, T* dq) {
    constexpr index row = 3 * D;
    const index n = tokens_, wide = padded(n), used = vectors(n);
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
      for (index j = 0; j < used; ++j) {  // nobody reads what is too much
        p[j] = elementary::decay(p[j] * scale() - shift);
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

  /// Where the vectors end that hold `tokens` values.
  static constexpr index vectors(index tokens) {
    constexpr index lanes = tile<T>::lanes;
    return (tokens + lanes - 1) / lanes * lanes;
  }

  /// p = q·kᵀ in rows that are padded to whole tiles.
  void scores() {
    pack_columns(q_ + D, tokens_, d, 3 * D, 1, packed_);
    multiply<T>(tokens_, padded(tokens_), d, {q_, 3 * D, 1}, right_operand<T>::panels(packed_, d), p_, padded(tokens_),
                false, scratch_);
  }

  /// p ← exp((p − m(t))/√d), m(t) the largest of row t; sum(t) of its row, log_sum(t) = m(t)/√d + ln sum(t), which
  /// wait for the last row: one by one, logarithms would hold up the rows that follow.
  void exponentials(T* sum, T* log_sum) {
    const index n = tokens_, used = vectors(n);
    T* const largest = sum + n;
    for (index t = 0; t < n; ++t) {
      T* const row = p_ + t * padded(n);
      std::fill(row + n, row + used, row[0]);  // whole vectors: the padding changes no maximum …
      const T m = largest[t] = fold_vectors(row, used, keeping_larger{});
      SDMAE_INDEPENDENT
      for (index j = 0; j < used; ++j) row[j] = elementary::decay((row[j] - m) * scale());
      std::fill(row + n, row + used, T(0));  // … and adds nothing
      sum[t] = fold_vectors(row, used, adding{});
    }
    SDMAE_INDEPENDENT
    for (index t = 0; t < n; ++t) largest[t] = largest[t] * scale() + elementary::log(sum[t]);
    for (index t = 0; t < n; ++t) log_sum[t * Heads] = largest[t];
  }

  index tokens_;
  const T* q_;
  T *scratch_, *packed_, *p_, *ds_;
};

}  // namespace sdmae::cpu
