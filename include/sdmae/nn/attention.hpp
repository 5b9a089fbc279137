// Multi-head self-attention with its two projections (Vaswani et al., arXiv 1706.03762).
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/nn/linear.hpp"

namespace sdmae::nn {

/// Heads of width HeadWidth on tokens of width D; A = Heads·HeadWidth is D unless one chooses otherwise.
template <index D, index Heads, sdmae::qkv_bias Bias = sdmae::qkv_bias::query_and_value, index HeadWidth = D / Heads>
struct attention {
  static constexpr index A = Heads * HeadWidth;
  using projection = linear<A, D>;

  template <class T>
  struct parameters {
    weight_view<T, 3 * A, D> qkv_weight;
    vector_view<T, 3 * A> qkv_bias;  // [q | k | v]; with query_and_value the middle third is 0 and no parameter
    typename projection::template parameters<T> proj;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("qkv.weight", qkv_weight, {3 * A, D}, {.start = initial::xavier_uniform, .fan_in = D, .decays = true});
      if constexpr (Bias == sdmae::qkv_bias::full) {
        walk("qkv.bias", qkv_bias, {3 * A}, {});
      } else {
        const index offset = walk.place(qkv_bias);
        walk.piece("q_bias", offset, {A}, {});
        walk.piece("v_bias", offset + 2 * A, {A}, {});
      }
      walk("proj", proj);
    }
  };

  template <class T>
  struct saved {
    rows_view<T, 3 * A> qkv;
    rows_view<T, A> attended;
    rows_view<T, Heads> log_sum;

    static saved plan(arena& memory, index rows) {
      return {memory.rows<T, 3 * A>("qkv", rows), memory.rows<T, A>("attended", rows),
              memory.rows<T, Heads>("log_sum", rows)};
    }
  };

  /// y = epilogue(attended·Wpᵀ + bp), attended = softmax(q·kᵀ/√d)·v, [q|k|v] = x·Wqkvᵀ + b. x, y: [B·tokens, D].
  template <tensor_backend B, class Epilogue>
  static void forward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, rows_view<scalar_of<B>, D> y, Epilogue epilogue, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    T* workspace = scratch.take<T>("attention", backend.template attention_workspace<Heads, A>(tokens));
    backend.template linear_forward<3 * A, D>(x, weight_view<const T, 3 * A, D>(p.qkv_weight),
                                              vector_view<const T, 3 * A>(p.qkv_bias), s.qkv, epilogue::store{});
    backend.template attention_forward<Heads, A>(tokens, rows_view<const T, 3 * A>(s.qkv), s.attended, s.log_sum,
                                                 workspace);
    projection::forward(backend, s.attended, p.proj, y, epilogue);
  }

  /// dx: overwritten; parameter gradients: accumulated. dy: [B·tokens, D].
  template <tensor_backend B>
  static void backward(B& backend, index tokens, rows_view<const scalar_of<B>, D> dy,
                       rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dx, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    T* workspace = scratch.take<T>("attention", backend.template attention_workspace<Heads, A>(tokens));
    const auto dqkv = scratch.rows<T, 3 * A>("dqkv", x.rows());
    const auto dattended = A == D ? rows_view<T, A>(dx.data, dx.rows())  // not needed at the same time
                                  : scratch.rows<T, A>("dattended", x.rows());
    projection::weight_gradient(backend, dy, s.attended, gradient.proj);
    projection::input_gradient(backend, dy, p.proj, dattended);
    backend.template attention_backward<Heads, A>(tokens, rows_view<const T, A>(dattended),
                                                  rows_view<const T, 3 * A>(s.qkv), rows_view<const T, A>(s.attended),
                                                  rows_view<const T, Heads>(s.log_sum), dqkv, workspace);
    backend.template linear_weight_gradient<3 * A, D>(rows_view<const T, 3 * A>(dqkv), x, gradient.qkv_weight,
                                                      gradient.qkv_bias);
    if constexpr (Bias == sdmae::qkv_bias::query_and_value)
      backend.fill(gradient.qkv_bias.data + A, A, T(0));  // keys have no bias
    backend.template linear_input_gradient<3 * A, D>(
        rows_view<const T, 3 * A>(dqkv), weight_view<const T, 3 * A, D>(p.qkv_weight), dx, epilogue::store{});
  }
};

}  // namespace sdmae::nn
