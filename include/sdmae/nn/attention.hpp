// Multi-head self-attention with its two projections (Vaswani et al., arXiv 1706.03762).
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/nn/linear.hpp"

namespace sdmae::nn {

/// Where the qkv projection has a bias: on queries and values (released SD-MAE) or on all three (He et al.).
enum class qkv_bias { query_and_value, full };

template <index D, index Heads, qkv_bias Bias = qkv_bias::query_and_value>
struct attention {
  using projection = linear<D, D>;

  template <class T>
  struct parameters {
    weight_view<T, 3 * D, D> qkv_weight;
    vector_view<T, 3 * D> qkv_bias;  // [q | k | v]; with query_and_value the middle third is 0 and no parameter
    typename projection::template parameters<T> proj;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("qkv.weight", qkv_weight, {3 * D, D}, {.start = initial::xavier_uniform, .fan_in = D, .decays = true});
      if constexpr (Bias == nn::qkv_bias::full) {
        walk("qkv.bias", qkv_bias, {3 * D}, {});
      } else {
        const index offset = walk.place(qkv_bias);
        walk.piece("q_bias", offset, {D}, {});
        walk.piece("v_bias", offset + 2 * D, {D}, {});
      }
      walk("proj", proj);
    }
  };

  template <class T>
  struct saved {
    rows_view<T, 3 * D> qkv;
    rows_view<T, D> attended;
    rows_view<T, Heads> log_sum;

    static saved plan(arena& memory, index rows) {
      return {memory.rows<T, 3 * D>("qkv", rows), memory.rows<T, D>("attended", rows),
              memory.rows<T, Heads>("log_sum", rows)};
    }
  };

  /// y = epilogue(attended·Wpᵀ + bp), attended = softmax(q·kᵀ/√d)·v, [q|k|v] = x·Wqkvᵀ + b. x, y: [B·tokens, D].
  template <tensor_backend B, class Epilogue>
  static void forward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, rows_view<scalar_of<B>, D> y, Epilogue epilogue, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    T* workspace = scratch.take<T>("attention", backend.template attention_workspace<Heads, D>(tokens));
    backend.template linear_forward<3 * D, D>(x, weight_view<const T, 3 * D, D>(p.qkv_weight),
                                              vector_view<const T, 3 * D>(p.qkv_bias), s.qkv, epilogue::store{});
    backend.template attention_forward<Heads, D>(tokens, rows_view<const T, 3 * D>(s.qkv), s.attended, s.log_sum,
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
    T* workspace = scratch.take<T>("attention", backend.template attention_workspace<Heads, D>(tokens));
    const auto dqkv = scratch.rows<T, 3 * D>("dqkv", x.rows());
    const auto dattended = dx;  // same shape, not needed at the same time
    projection::weight_gradient(backend, dy, s.attended, gradient.proj);
    projection::input_gradient(backend, dy, p.proj, dattended);
    backend.template attention_backward<Heads, D>(tokens, rows_view<const T, D>(dattended),
                                                  rows_view<const T, 3 * D>(s.qkv), rows_view<const T, D>(s.attended),
                                                  rows_view<const T, Heads>(s.log_sum), dqkv, workspace);
    backend.template linear_weight_gradient<3 * D, D>(rows_view<const T, 3 * D>(dqkv), x, gradient.qkv_weight,
                                                      gradient.qkv_bias);
    if constexpr (Bias == nn::qkv_bias::query_and_value)
      backend.fill(gradient.qkv_bias.data + D, D, T(0));  // keys have no bias
    backend.template linear_input_gradient<3 * D, D>(
        rows_view<const T, 3 * D>(dqkv), weight_view<const T, 3 * D, D>(p.qkv_weight), dx, epilogue::store{});
  }
};

}  // namespace sdmae::nn
