// Rows scaled to unit length.
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"

namespace sdmae::nn {

/// y = x/max(‖x‖₂, 1e-12), row by row; backward dx = (dy − y·(y·dy))/‖x‖₂ (no projection where the bound was used).
template <index D>
struct l2_normalise {
  static constexpr double epsilon = 1e-12;

  /// x, y: [R, D]; length: [R, 1]. y and length are overwritten; length is the divisor.
  template <tensor_backend B>
  static void forward(B& backend, rows_view<const scalar_of<B>, D> x, rows_view<scalar_of<B>, D> y,
                      column_view<scalar_of<B>> length) {
    using T = scalar_of<B>;
    backend.reduce_rows(reduction::sum{}, length, D, [=] SDMAE_ELEMENT(index r, index c) { return x(r, c) * x(r, c); });
    backend.map(x.rows(), 1, [=] SDMAE_ELEMENT(index r, index) {
      using std::sqrt;
      const T norm = sqrt(length(r, 0));
      length(r, 0) = norm > T(epsilon) ? norm : T(epsilon);
    });
    backend.map(x.rows(), D, [=] SDMAE_ELEMENT(index r, index c) { y(r, c) = x(r, c) / length(r, 0); });
  }

  /// dx: [R, D], overwritten, may be dy itself; along: [R, 1], workspace.
  template <tensor_backend B>
  static void backward(B& backend, rows_view<const scalar_of<B>, D> dy, rows_view<const scalar_of<B>, D> y,
                       column_view<const scalar_of<B>> length, rows_view<scalar_of<B>, D> dx,
                       column_view<scalar_of<B>> along) {
    using T = scalar_of<B>;
    backend.reduce_rows(reduction::sum{}, along, D, [=] SDMAE_ELEMENT(index r, index c) { return y(r, c) * dy(r, c); });
    backend.map(y.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
      const T projection = length(r, 0) > T(epsilon) ? along(r, 0) : T(0);
      dx(r, c) = (dy(r, c) - y(r, c) * projection) / length(r, 0);
    });
  }
};

}  // namespace sdmae::nn
