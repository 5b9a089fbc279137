// The MLP of a transformer block: fc2(gelu(fc1(x))).
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/nn/linear.hpp"

namespace sdmae::nn {

template <index D, index Hidden>
struct mlp {
  using first = linear<D, Hidden>;
  using second = linear<Hidden, D>;

  template <class T>
  struct parameters {
    typename first::template parameters<T> fc1;
    typename second::template parameters<T> fc2;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("fc1", fc1);
      walk("fc2", fc2);
    }
  };

  template <class T>
  struct saved {
    rows_view<T, Hidden> pre, hidden;  // before and after GELU

    static saved plan(arena& memory, index rows) {
      return {memory.rows<T, Hidden>("pre", rows), memory.rows<T, Hidden>("hidden", rows)};
    }
  };

  /// y = epilogue(gelu(x·W1ᵀ + b1)·W2ᵀ + b2). x, y: [R, D].
  template <tensor_backend B, class Epilogue>
  static void forward(B& backend, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, rows_view<scalar_of<B>, D> y, Epilogue epilogue) {
    using T = scalar_of<B>;
    first::forward(backend, x, p.fc1, s.hidden, epilogue::gelu<T, Hidden>{s.pre});
    second::forward(backend, s.hidden, p.fc2, y, epilogue);
  }

  /// dx: overwritten; parameter gradients: accumulated. dy, dx: [R, D].
  template <tensor_backend B>
  static void backward(B& backend, rows_view<const scalar_of<B>, D> dy, rows_view<const scalar_of<B>, D> x,
                       const parameters<scalar_of<B>>& p, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient, rows_view<scalar_of<B>, D> dx, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto dpre = scratch.rows<T, Hidden>("dpre", x.rows());
    second::weight_gradient(backend, dy, s.hidden, gradient.fc2);
    second::input_gradient(backend, dy, p.fc2, dpre, epilogue::gelu_gradient<T, Hidden>{s.pre});
    first::weight_gradient(backend, dpre, x, gradient.fc1);
    first::input_gradient(backend, dpre, p.fc1, dx);
  }
};

}  // namespace sdmae::nn
