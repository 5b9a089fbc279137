// The mean of an image's rows: of its tokens, or of what was made of them.
#pragma once

#include "sdmae/backend/concept.hpp"

namespace sdmae::nn {

/// Rows of x belong together in runs of x.rows() / mean.rows().
template <index Width>
struct row_mean {
  /// mean(s, ·) = the mean of the rows that belong to it.
  template <tensor_backend B>
  static void forward(B& backend, rows_view<const scalar_of<B>, Width> x, rows_view<scalar_of<B>, Width> mean) {
    using T = scalar_of<B>;
    const index each = x.rows() / mean.rows();
    backend.map(mean.rows(), Width, [=] SDMAE_ELEMENT(index s, index c) {
      T sum = 0;
      for (index t = 0; t < each; ++t) sum += x(s * each + t, c);
      mean(s, c) = sum / T(each);
    });
  }

  /// dx += the gradient of x.
  template <tensor_backend B>
  static void backward(B& backend, rows_view<const scalar_of<B>, Width> dmean, rows_view<scalar_of<B>, Width> dx) {
    using T = scalar_of<B>;
    const index each = dx.rows() / dmean.rows();
    backend.map(dx.rows(), Width, [=] SDMAE_ELEMENT(index r, index c) { dx(r, c) += dmean(r / each, c) / T(each); });
  }
};

}  // namespace sdmae::nn
