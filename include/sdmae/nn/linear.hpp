// Linear layer: y = x·Wᵀ + b.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae::nn {

/// W is [Out, In], as in checkpoints. `Bias` false: no bias parameter.
template <index In, index Out, initial Start = initial::xavier_uniform, bool Bias = true>
struct linear {
  /// PyTorch's default starts the bias like the weight, every other recipe at zero.
  static constexpr initial bias_start = Start == initial::fan_in_uniform ? Start : initial::zero;

  template <class T>
  struct parameters {
    weight_view<T, Out, In> weight;
    vector_view<T, Out> bias;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("weight", weight, {Out, In}, {.start = Start, .fan_in = In, .decays = true});
      if constexpr (Bias) walk("bias", bias, {Out}, {.start = bias_start, .fan_in = In});
    }
  };

  /// x: [R, In], y: [R, Out], overwritten with epilogue(x·Wᵀ + b).
  template <tensor_backend B, class Epilogue = epilogue::store>
  static void forward(B& backend, rows_view<const scalar_of<B>, In> x, const parameters<scalar_of<B>>& p,
                      rows_view<scalar_of<B>, Out> y, Epilogue epilogue = {}) {
    using T = scalar_of<B>;
    backend.template linear_forward<Out, In>(x, weight_view<const T, Out, In>(p.weight),
                                             vector_view<const T, Out>(p.bias), y, epilogue);
  }

  /// dx = epilogue(dy·W); with epilogue::accumulate, dx += dy·W.
  template <tensor_backend B, class Epilogue = epilogue::store>
  static void input_gradient(B& backend, rows_view<const scalar_of<B>, Out> dy, const parameters<scalar_of<B>>& p,
                             rows_view<scalar_of<B>, In> dx, Epilogue epilogue = {}) {
    backend.template linear_input_gradient<Out, In>(dy, weight_view<const scalar_of<B>, Out, In>(p.weight), dx,
                                                    epilogue);
  }

  /// dW += dyᵀ·x, db += Σ_r dy(r, ·).
  template <tensor_backend B>
  static void weight_gradient(B& backend, rows_view<const scalar_of<B>, Out> dy, rows_view<const scalar_of<B>, In> x,
                              const parameters<scalar_of<B>>& gradient) {
    backend.template linear_weight_gradient<Out, In>(dy, x, gradient.weight, gradient.bias);
  }
};

}  // namespace sdmae::nn
