// The pre-norm transformer block (Dosovitskiy et al., arXiv 2010.11929, eq. 2 and 3), with optional layer scale and
// drop path.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/nn/attention.hpp"
#include "sdmae/nn/layer_norm.hpp"
#include "sdmae/nn/mlp.hpp"

namespace sdmae::nn {

template <vit_shape Tower>
struct block {
  static constexpr index D = checked_vit<Tower>::value.width;
  using norm = layer_norm<D>;
  using mixer = attention<D, Tower.heads, Tower.bias, Tower.head_width()>;
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
    column_view<T> keep_1, keep_2;       // with drop path, of each image: 0 drops the branch, 1 keeps it as it is

    static saved plan(arena& memory, index images, index rows) {
      const auto branch = [&] { return Tower.layer_scale ? memory.rows<T, D>("branch", rows) : rows_view<T, D>{}; };
      const auto keep = [&] { return Tower.drop_path ? memory.rows<T, 1>("keep", images) : column_view<T>{}; };
      saved s;
      s.keep_1 = keep();
      s.keep_2 = keep();
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

  /// middle = x + k₁·γ₁·attention(norm1(x)), output = middle + k₂·γ₂·mlp(norm2(middle)), γ = 1 without layer scale and
  /// k = 1 without drop path. x: [B·tokens, D].
  template <tensor_backend B>
  static void forward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    norm::forward(backend, x, p.norm1, s.norm1);
    mixer::forward(backend, tokens, s.norm1.output, p.attn, s.attn, s.middle,
                   add_to<scalar_of<B>>(x, p.gamma_1, s.branch_1, s.keep_1, tokens), scratch);
    norm::forward(backend, s.middle, p.norm2, s.norm2);
    channel_mlp::forward(backend, s.norm2.output, p.mlp, s.mlp, s.output,
                         add_to<scalar_of<B>>(s.middle, p.gamma_2, s.branch_2, s.keep_2, tokens));
  }

  /// dx holds the gradient of the output and becomes that of x. Parameter gradients are accumulated.
  template <tensor_backend B>
  static void backward(B& backend, index tokens, rows_view<const scalar_of<B>, D> x, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dx, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto dnorm = scratch.rows<T, D>("dnorm", x.rows());
    const auto dbranch = scaled ? scratch.rows<T, D>("dbranch", x.rows()) : dx;

    scale_gradient(backend, tokens, dx, p.gamma_2, s.branch_2, s.keep_2, gradient.gamma_2, dbranch);
    channel_mlp::backward(backend, dbranch, s.norm2.output, p.mlp, s.mlp, gradient.mlp, dnorm, scratch);
    norm::backward(backend, dnorm, s.middle, p.norm2, s.norm2, gradient.norm2, dx, scratch);

    scale_gradient(backend, tokens, dx, p.gamma_1, s.branch_1, s.keep_1, gradient.gamma_1, dbranch);
    mixer::backward(backend, tokens, dbranch, s.norm1.output, p.attn, s.attn, gradient.attn, dnorm, scratch);
    norm::backward(backend, dnorm, x, p.norm1, s.norm1, gradient.norm1, dx, scratch);
  }

  /// Every branch is kept as it is, as in inference. Before forward, where a tower has drop path.
  template <tensor_backend B>
  static void keep_branches([[maybe_unused]] B& backend, [[maybe_unused]] const saved<scalar_of<B>>& s) {
    if constexpr (Tower.drop_path) {
      backend.fill(s.keep_1.data, s.keep_1.rows(), scalar_of<B>(1));
      backend.fill(s.keep_2.data, s.keep_2.rows(), scalar_of<B>(1));
    }
  }

  static constexpr bool scaled = Tower.layer_scale || Tower.drop_path;

  /// The epilogue x + k·γ·branch, of what of it this tower has.
  template <class T>
  static auto add_to(rows_view<const T, D> x, [[maybe_unused]] vector_view<const T, D> gamma,
                     [[maybe_unused]] rows_view<T, D> branch, [[maybe_unused]] column_view<const T> keep,
                     [[maybe_unused]] index tokens) {
    const auto sum = [&] {
      if constexpr (Tower.layer_scale)
        return epilogue::scaled_residual<T, D>{x, gamma, branch};
      else
        return epilogue::residual<T, D>{x};
    }();
    if constexpr (Tower.drop_path)
      return epilogue::kept<T, decltype(sum)>{sum, keep, tokens};
    else
      return sum;
  }

  /// dbranch = k·γ·dy and dγ += Σ_r k·dy·branch; nothing where there is neither, and dbranch is dy itself.
  template <tensor_backend B, class T = scalar_of<B>>
  static void scale_gradient(B& backend, index tokens, std::type_identity_t<rows_view<const T, D>> dy,
                             std::type_identity_t<vector_view<const T, D>> gamma,
                             std::type_identity_t<rows_view<const T, D>> branch,
                             std::type_identity_t<column_view<const T>> keep, vector_view<T, D> dgamma,
                             rows_view<T, D> dbranch) {
    if constexpr (scaled) {
      const auto kept = [=] SDMAE_ELEMENT(index r) { return Tower.drop_path ? keep(r / tokens, 0) : T(1); };
      backend.map(dy.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
        dbranch(r, c) = kept(r) * (Tower.layer_scale ? gamma(c) * dy(r, c) : dy(r, c));
      });
      if constexpr (Tower.layer_scale)
        backend.reduce_columns(dgamma.data, dy.rows(), D,
                               [=] SDMAE_ELEMENT(index r, index c) { return kept(r) * dy(r, c) * branch(r, c); });
    }
  }
};

}  // namespace sdmae::nn
