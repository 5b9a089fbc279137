// Whether the encoder still tells images apart: how far and in how many directions its features spread over a batch.
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/nn/row_mean.hpp"

namespace sdmae {

/// With x the features of a batch's images (the mean over their visible patch tokens) and C = Σ (x − x̄)ᵀ(x − x̄):
///   deviation = (1/D) Σ_c sqrt(C_cc/B),   rank = (Σ_c C_cc)² / Σ_cd C_cd²,
/// the latter the participation ratio of C's eigenvalues: 1 when features lie on a line, D when they fill the space
/// evenly. Both near 0 and 1: the encoder has collapsed.
template <class T, index D>
struct feature_spread {
  rows_view<T, D> features;         // [batch, D]
  matrix_view<T, D, D> covariance;  // C
  vector_view<T, D> mean;
  column_view<double> numbers;  // [3 + D]: Σ C_cc, Σ C_cd², Σ sqrt(C_cc/B); Σ_d C_cd²

  static feature_spread plan(arena& memory, index batch) {
    return {memory.rows<T, D>("features", batch), matrix_view<T, D, D>(memory.take<T>("covariance of features", D * D)),
            memory.vector<T, D>("mean of features"), memory.rows<double, 1>("spread of features", D + 3)};
  }

  /// The features of images [first, first + count). patches: [count·V, D].
  template <tensor_backend B>
  void collect(B& backend, rows_view<const T, D> patches, index first, index count) const {
    nn::row_mean<D>::forward(backend, patches, features.part(first, count));
  }

  /// Computes the three numbers from all features collected; `features` are centered.
  template <tensor_backend B>
  void finish(B& backend) const {
    const auto x = features;
    const auto c = covariance;
    const auto m = mean;
    const auto row = numbers.part(3, D);
    const index batch = x.rows();
    backend.fill(m.data, D, T(0));
    backend.reduce_columns(m.data, batch, D, [=] SDMAE_ELEMENT(index r, index k) { return x(r, k) / T(batch); });
    backend.map(batch, D, [=] SDMAE_ELEMENT(index r, index k) { x(r, k) -= m(k); });
    backend.fill(c.data, D * D, T(0));
    backend.template linear_weight_gradient<D, D>(rows_view<const T, D>(x), rows_view<const T, D>(x),
                                                  weight_view<T, D, D>(c.data, nullptr), vector_view<T, D>{});
    const auto sum = reduction::sum{};
    backend.reduce_rows(sum, row, D, [=] SDMAE_ELEMENT(index r, index k) { return double(c(r, k)) * double(c(r, k)); });
    backend.reduce_rows(sum, numbers.part(0, 1), D, [=] SDMAE_ELEMENT(index, index k) { return double(c(k, k)); });
    backend.reduce_rows(sum, numbers.part(1, 1), D, [=] SDMAE_ELEMENT(index, index k) { return row(k, 0); });
    backend.reduce_rows(sum, numbers.part(2, 1), D, [=] SDMAE_ELEMENT(index, index k) {
      using std::sqrt;
      return sqrt(double(c(k, k)) / double(batch));
    });
  }

  /// Deviation and rank from the three numbers, on the host; 0 and 0 when all features are the same.
  struct result {
    double deviation = 0, rank = 0;
  };
  static result from(const double (&numbers)[3]) {
    return {numbers[2] / double(D), numbers[1] > 0 ? numbers[0] * numbers[0] / numbers[1] : 0};
  }
};

}  // namespace sdmae
