// The pre-norm transformer block (Dosovitskiy et al., arXiv 2010.11929, eq. 2 and 3), with optional layer scale.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/nn/attention.hpp"
#include "sdmae/nn/layer_norm.hpp"
#include "sdmae/nn/mlp.hpp"

namespace sdmae::nn {

template <vit_shape Tower, qkv_bias Bias = qkv_bias::query_and_value>
struct block {
  static constexpr index D = checked_vit<Tower>::value.width;
  using norm = layer_norm<D>;
  using mixer = attention<D, Tower.heads, Bias>;
  using channel_mlp = mlp<D, Tower.hidden()>;

  template <class T>
  struct parameters {
    typename norm::template parameters<T> norm1, norm2;
    typename mixer::template parameters<T> attn;
    typename channel_mlp::template parameters<T> mlp;
    vector_view<T, D> gamma_1, gamma_2;

    template <class Walk>
    constexpr void each(Walk& walk) {
      if constexpr (Tower.layer_scale) {
        walk("gamma_1", gamma_1, {D}, {.start = initial::layer_scale});
        walk("gamma_2", gamma_2, {D}, {.start = initial::layer_scale});
      }
      walk("norm1", norm1);
      walk("attn", attn);
      walk("norm2", norm2);
      walk("mlp", mlp);
    }
  };

  template <class T>
  struct saved {
    typename norm::template saved<T> norm1, norm2;
    typename mixer::template saved<T> attn;
    typename channel_mlp::template saved<T> mlp;
    rows_view<T, D> middle, output;      // after attention, after the MLP
    rows_view<T, D> branch_1, branch_2;  // before layer scale, where there is one

    static saved plan(arena& memory, index rows) {
      const auto branch = [&] { return Tower.layer_scale ? memory.rows<T, D>("branch", rows) : rows_view<T, D>{}; };
      saved s;
      s.norm1 = norm::template saved<T>::plan(memory, rows);
      s.attn = mixer::template saved<T>::plan(memory, rows);
      s.middle = memory.rows<T, D>("middle", rows);
      s.norm2 = norm::template saved<T>::plan(memory, rows);
      s.mlp = channel_mlp::template saved<T>::plan(memory, rows);
      s.output = memory.rows<T, D>("output", rows);
      s.branch_1 = branch();
      s.branch_2 = branch();
      return s;
    }
  };

  /// middle = x + γ₁·attention(norm1(x)), output = middle + γ₂·mlp(norm2(middle)). x: [B·tokens, D].
  template <tensor_backend B>
  static void forward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    norm::forward(backend, x, p.norm1, s.norm1);
    mixer::forward(backend, tokens, s.norm1.output, p.attn, s.attn, s.middle,
                   add_to<scalar_of<B>>(x, p.gamma_1, s.branch_1), scratch);
    norm::forward(backend, s.middle, p.norm2, s.norm2);
    channel_mlp::forward(backend, s.norm2.output, p.mlp, s.mlp, s.output,
                         add_to<scalar_of<B>>(s.middle, p.gamma_2, s.branch_2));
  }

  /// dx holds the gradient of the output and becomes that of x. Parameter gradients are accumulated.
  template <tensor_backend B>
  static void backward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dx, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto dnorm = scratch.rows<T, D>("dnorm", x.rows());
    const auto dbranch = Tower.layer_scale ? scratch.rows<T, D>("dbranch", x.rows()) : dx;

    scale_gradient(backend, dx, p.gamma_2, s.branch_2, gradient.gamma_2, dbranch);
    channel_mlp::backward(backend, dbranch, s.norm2.output, p.mlp, s.mlp, gradient.mlp, dnorm, scratch);
    norm::backward(backend, dnorm, s.middle, p.norm2, s.norm2, gradient.norm2, dx, scratch);

    scale_gradient(backend, dx, p.gamma_1, s.branch_1, gradient.gamma_1, dbranch);
    mixer::backward(backend, tokens, dbranch, s.norm1.output, p.attn, s.attn, gradient.attn, dnorm, scratch);
    norm::backward(backend, dnorm, x, p.norm1, s.norm1, gradient.norm1, dx, scratch);
  }

  /// The epilogue x + branch, or x + γ·branch.
  template <class T>
  static auto add_to(rows_view<const T, D> x, [[maybe_unused]] vector_view<const T, D> gamma,
                     [[maybe_unused]] rows_view<T, D> branch) {
    if constexpr (Tower.layer_scale)
      return epilogue::scaled_residual<T, D>{x, gamma, branch};
    else
      return epilogue::residual<T, D>{x};
  }

  /// dbranch = γ·dy and dγ += Σ_r dy·branch; nothing without layer scale, where dbranch is dy itself.
  template <tensor_backend B, class T = scalar_of<B>>
  static void scale_gradient(B& backend, std::type_identity_t<rows_view<const T, D>> dy,
                             std::type_identity_t<vector_view<const T, D>> gamma,
                             std::type_identity_t<rows_view<const T, D>> branch, vector_view<T, D> dgamma,
                             rows_view<T, D> dbranch) {
    if constexpr (Tower.layer_scale) {
      backend.map(dy.rows(), D, [=] SDMAE_ELEMENT(index r, index c) { dbranch(r, c) = gamma(c) * dy(r, c); });
      backend.reduce_columns(dgamma.data, dy.rows(), D,
                             [=] SDMAE_ELEMENT(index r, index c) { return dy(r, c) * branch(r, c); });
    }
  }
};

}  // namespace sdmae::nn
