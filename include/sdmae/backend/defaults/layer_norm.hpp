// Default bodies of layer normalisation (Ba, Kiros, Hinton, arXiv 1607.06450).
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"

namespace sdmae::defaults {

template <class Self, class T>
class layer_norm {
 public:
  /// y = (x − mean)·rstd·gain + bias, row by row; rstd = 1/sqrt(biased variance + epsilon).
  /// x, y: [R, D]; mean, rstd: [R, 1]; y, mean and rstd are overwritten.
  template <index D>
  void layer_norm_forward(rows_view<const T, D> x, vector_view<const T, D> gain, vector_view<const T, D> bias,
                          T epsilon, rows_view<T, D> y, column_view<T> mean, column_view<T> rstd) {
    self().reduce_rows(reduction::sum{}, mean, D, [=] SDMAE_ELEMENT(index r, index c) { return x(r, c) / T(D); });
    self().reduce_rows(reduction::sum{}, rstd, D, [=] SDMAE_ELEMENT(index r, index c) {
      const T centered = x(r, c) - mean(r, 0);
      return centered * centered;
    });
    self().map(x.rows(), 1, [=] SDMAE_ELEMENT(index r, index) {
      using std::sqrt;
      rstd(r, 0) = T(1) / sqrt(rstd(r, 0) / T(D) + epsilon);
    });
    self().map(x.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
      y(r, c) = (x(r, c) - mean(r, 0)) * rstd(r, 0) * gain(c) + bias(c);
    });
  }

  /// Values of workspace that layer_norm_backward needs for `rows` rows.
  static constexpr index layer_norm_workspace(index rows) { return 2 * rows; }

  /// With x̂ = (x − mean)·rstd and ĝ = dy·gain:
  ///   dx += rstd·(ĝ − mean_c(ĝ) − x̂·mean_c(ĝ·x̂)),  dgain += Σ_r dy·x̂,  dbias += Σ_r dy.
  template <index D>
  void layer_norm_backward(rows_view<const T, D> dy, rows_view<const T, D> x, column_view<const T> mean,
                           column_view<const T> rstd, vector_view<const T, D> gain, rows_view<T, D> dx,
                           vector_view<T, D> dgain, vector_view<T, D> dbias, T* workspace) {
    const index rows = x.rows();
    const column_view<T> mean_g{workspace, rows}, mean_gx{workspace + rows, rows};
    const auto normalised = [=] SDMAE_ELEMENT(index r, index c) { return (x(r, c) - mean(r, 0)) * rstd(r, 0); };
    self().reduce_rows(reduction::sum{}, mean_g, D,
                       [=] SDMAE_ELEMENT(index r, index c) { return dy(r, c) * gain(c) / T(D); });
    self().reduce_rows(reduction::sum{}, mean_gx, D,
                       [=] SDMAE_ELEMENT(index r, index c) { return dy(r, c) * gain(c) * normalised(r, c) / T(D); });
    self().map(rows, D, [=] SDMAE_ELEMENT(index r, index c) {
      dx(r, c) += rstd(r, 0) * (dy(r, c) * gain(c) - mean_g(r, 0) - normalised(r, c) * mean_gx(r, 0));
    });
    self().reduce_columns(dgain.data, rows, D,
                          [=] SDMAE_ELEMENT(index r, index c) { return dy(r, c) * normalised(r, c); });
    self().reduce_columns(dbias.data, rows, D, [=] SDMAE_ELEMENT(index r, index c) { return dy(r, c); });
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace sdmae::defaults
