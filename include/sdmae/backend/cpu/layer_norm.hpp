// Layer normalisation of single rows on one CPU thread: a row stays in cache from its statistics to its result.
#pragma once

#include <cmath>

#include "sdmae/backend/cpu/fold.hpp"

namespace sdmae::cpu {

/// y = (x − mean)·rstd·gain + bias of one row.
template <index D, class T>
void layer_norm_row(const T* x, const T* gain, const T* bias, T epsilon, T* y, T& mean, T& rstd) {
  const T m = fold_sum<T>(D, [=](index c) { return x[c]; }) / T(D);
  const T variance = fold_sum<T>(D, [=](index c) { return (x[c] - m) * (x[c] - m); }) / T(D);
  const T s = T(1) / std::sqrt(variance + epsilon);
  SDMAE_INDEPENDENT
  for (index c = 0; c < D; ++c) y[c] = (x[c] - m) * s * gain[c] + bias[c];
  mean = m;
  rstd = s;
}

/// dx += rstd·(ĝ − mean_c(ĝ) − x̂·mean_c(ĝ·x̂)) of one row, ĝ = dy·gain, x̂ = (x − mean)·rstd.
template <index D, class T>
void layer_norm_row_backward(const T* dy, const T* x, T mean, T rstd, const T* gain, T* dx) {
  const T g = fold_sum<T>(D, [=](index c) { return dy[c] * gain[c]; }) / T(D);
  const T gx = fold_sum<T>(D, [=](index c) { return dy[c] * gain[c] * ((x[c] - mean) * rstd); }) / T(D);
  SDMAE_INDEPENDENT
  for (index c = 0; c < D; ++c) dx[c] += rstd * (dy[c] * gain[c] - g - (x[c] - mean) * rstd * gx);
}

/// dgain(c) += Σ_r dy·x̂ and dbias(c) += Σ_r dy over `rows` rows of D values, for Columns columns from `first` on; the
/// sums stay in registers and go on row by row from what is there.
template <index Columns, index D, class T>
void layer_norm_columns(index rows, index first, const T* dy, const T* x, const T* mean, const T* rstd, T* dgain,
                        T* dbias) {
  T gain_sum[Columns], bias_sum[Columns];
  for (index c = 0; c < Columns; ++c) {
    gain_sum[c] = dgain[first + c];
    bias_sum[c] = dbias[first + c];
  }
  dy += first;
  x += first;
  for (index r = 0; r < rows; ++r, dy += D, x += D)
    for (index c = 0; c < Columns; ++c) {
      gain_sum[c] += dy[c] * ((x[c] - mean[r]) * rstd[r]);
      bias_sum[c] += dy[c];
    }
  for (index c = 0; c < Columns; ++c) {
    dgain[first + c] = gain_sum[c];
    dbias[first + c] = bias_sum[c];
  }
}

}  // namespace sdmae::cpu
