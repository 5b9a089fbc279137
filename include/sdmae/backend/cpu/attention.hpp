// Attention of one image and one head on one CPU thread, in cache.
#pragma once

#include <algorithm>
#include <cmath>

#include "sdmae/backend/cpu/product.hpp"

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

  attention_head(index tokens, const T* q, T* workspace)
      : tokens_(tokens),
        q_(q),
        packed_(workspace),
        p_(packed_ + 2 * packed_columns<T>(tokens, d)),
        ds_(p_ + tokens * padded(tokens)) {}

  /// out(t, ·) = softmax(q·kᵀ/√d)·v at out + t·D; log_sum(t) at log_sum + t·Heads.
  void forward(T* out, T* log_sum) {
    scores();
    for (index t = 0; t < tokens_; ++t) {
      T* const row = p_ + t * padded(tokens_);
      const T largest = *std::max_element(row, row + tokens_);
      T sum = 0;
      for (index j = 0; j < tokens_; ++j) {
        row[j] = std::exp(row[j] - largest);
        sum += row[j];
      }
      for (index j = 0; j < tokens_; ++j) row[j] /= sum;
      log_sum[t * Heads] = largest + std::log(sum);
    }
    multiply<T>(tokens_, d, tokens_, {p_, padded(tokens_), 1}, right_operand<T>::plain(q_ + 2 * D, 3 * D),
                from_zero<T>{}, to_memory<T>{out, D});
  }

  /// dv = Pᵀ·dout, dS = P∘(dout·vᵀ − rowsum(dout∘out))/√d, dq = dS·k, dk = dSᵀ·q, at dq, dq + D and dq + 2D.
  void backward(const T* dout, const T* out, const T* log_sum, T* dq) {
    constexpr index row = 3 * D;
    const index n = tokens_, wide = padded(n);
    scores();
    T* const v = packed_ + packed_columns<T>(n, d);
    pack_columns(q_ + 2 * D, n, d, row, 1, v);
    multiply<T>(n, n, d, {dout, D, 1}, right_operand<T>::packed(v, d), from_zero<T>{}, to_memory<T>{ds_, wide});
    for (index t = 0; t < n; ++t) {
      T correction = 0;
      for (index c = 0; c < d; ++c) correction += dout[t * D + c] * out[t * D + c];
      T* const p = p_ + t * wide;
      T* const ds = ds_ + t * wide;
      for (index j = 0; j < n; ++j) {
        p[j] = std::exp(p[j] - log_sum[t * Heads]);
        ds[j] = p[j] * (ds[j] - correction) * scale();
      }
    }
    multiply<T>(n, d, n, {ds_, wide, 1}, right_operand<T>::plain(q_ + D, row), from_zero<T>{}, to_memory<T>{dq, row});
    multiply<T>(n, d, n, {ds_, 1, wide}, right_operand<T>::plain(q_, row), from_zero<T>{}, to_memory<T>{dq + D, row});
    multiply<T>(n, d, n, {p_, 1, wide}, right_operand<T>::plain(dout, D), from_zero<T>{},
                to_memory<T>{dq + 2 * D, row});
  }

 private:
  static T scale() { return T(1) / std::sqrt(T(d)); }
  static constexpr index padded(index tokens) {
    constexpr index width = tile<T>::width;
    return (tokens + width - 1) / width * width;
  }

  /// p = q·kᵀ/√d
  void scores() {
    pack_columns(q_ + D, tokens_, d, 3 * D, 1, packed_);
    const auto scaled = [this](index r, index c, index count, const T* sums) {
      for (index j = 0; j < count; ++j) p_[r * padded(tokens_) + c + j] = sums[j] * scale();
    };
    multiply<T>(tokens_, tokens_, d, {q_, 3 * D, 1}, right_operand<T>::packed(packed_, d), from_zero<T>{}, scaled);
  }

  index tokens_;
  const T* q_;
  T *packed_, *p_, *ds_;
};

}  // namespace sdmae::cpu
