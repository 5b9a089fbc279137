// Layer normalisation with a gain and a bias per channel.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae::nn {

template <index D>
struct layer_norm {
  static constexpr double epsilon = 1e-6;

  template <class T>
  struct parameters {
    vector_view<T, D> weight, bias;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("weight", weight, {D}, {.start = initial::one});
      walk("bias", bias, {D}, {.start = initial::zero});
    }
  };

  /// Forward writes the output and each row's statistics; backward reads the statistics.
  template <class T>
  struct saved {
    rows_view<T, D> output;
    column_view<T> mean, rstd;

    static saved plan(arena& memory, index rows) {
      return {memory.rows<T, D>("normalised", rows), memory.rows<T, 1>("mean", rows), memory.rows<T, 1>("rstd", rows)};
    }
  };

  /// output = (x − mean)/sqrt(variance + 1e-6)·weight + bias, for each row of x: [R, D].
  template <tensor_backend B>
  static void forward(B& backend, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s) {
    using T = scalar_of<B>;
    backend.template layer_norm_forward<D>(x, vector_view<const T, D>(p.weight), vector_view<const T, D>(p.bias),
                                           T(epsilon), s.output, s.mean, s.rstd);
  }

  /// dx, dweight and dbias are accumulated: a pre-norm layer always adds to the residual's gradient.
  template <tensor_backend B>
  static void backward(B& backend, rows_view<const scalar_of<B>, D> dy, rows_view<const scalar_of<B>, D> x,
                       const parameters<scalar_of<B>>& p, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient, rows_view<scalar_of<B>, D> dx, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    T* workspace = scratch.take<T>("layer_norm", backend.layer_norm_workspace(x.rows()));
    backend.template layer_norm_backward<D>(dy, x, column_view<const T>(s.mean), column_view<const T>(s.rstd),
                                            vector_view<const T, D>(p.weight), dx, gradient.weight, gradient.bias,
                                            workspace);
  }
};

}  // namespace sdmae::nn
