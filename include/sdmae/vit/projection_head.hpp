// The projection head of self-distillation: tokens to scores over prototypes, one row an image or one a token.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/nn/l2_normalise.hpp"
#include "sdmae/nn/linear.hpp"
#include "sdmae/nn/row_mean.hpp"
#include "sdmae/nn/weight_norm.hpp"

namespace sdmae::vit {

/// An MLP In → hidden → hidden → bottleneck per token, unit length, then weight-normalised prototypes. Scores are a
/// token's, or the mean over an image's tokens; as the last layer is linear and has no bias, the mean is taken before
/// it, which is the same and saves all but one of its products per image.
template <index In, head_shape Head>
struct projection_head {
  static constexpr index H = checked_head<Head>::value.hidden, Z = Head.bottleneck, K = Head.prototypes;
  static constexpr initial start = initial::truncated_normal;
  using layer0 = nn::linear<In, H, start>;
  using layer2 = nn::linear<H, H, start>;
  using layer4 = nn::linear<H, Z, start>;
  using prototypes = nn::weight_norm_linear<Z, K>;

  template <class T>
  struct parameters {
    typename layer0::template parameters<T> mlp0;
    typename layer2::template parameters<T> mlp2;
    typename layer4::template parameters<T> mlp4;
    typename prototypes::template parameters<T> last_layer;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("mlp.0", mlp0);
      walk("mlp.2", mlp2);
      walk("mlp.4", mlp4);
      walk("last_layer", last_layer);
    }
  };

  template <class T>
  struct saved {
    rows_view<T, H> pre0, hidden0, pre2, hidden2;  // [B·tokens, hidden], before and after GELU
    rows_view<T, Z> unit;                          // [B·tokens, bottleneck], of length 1
    column_view<T> length;                         // before normalisation
    rows_view<T, Z> mean;                          // [S, bottleneck], S rows of scores: B, or B·tokens
    rows_view<T, K> scores;                        // [S, prototypes]

    static saved plan(arena& memory, const char* name, index images, index rows) {
      arena::named here(memory, name);
      const index scored = Head.per_token ? rows : images;
      saved s;
      s.pre0 = memory.rows<T, H>("pre0", rows);
      s.hidden0 = memory.rows<T, H>("hidden0", rows);
      s.pre2 = memory.rows<T, H>("pre2", rows);
      s.hidden2 = memory.rows<T, H>("hidden2", rows);
      s.unit = memory.rows<T, Z>("unit", rows);
      s.length = memory.rows<T, 1>("length", rows);
      s.mean = memory.rows<T, Z>("mean", scored);
      s.scores = memory.rows<T, K>("scores", scored);
      return s;
    }
  };

  /// scores = mean over tokens of unit(mlp(x)), times the effective prototypes. x: [B·tokens, In].
  template <tensor_backend B>
  static void forward(B& backend, rows_view<const scalar_of<B>, In> x, const parameters<scalar_of<B>>& p,
                      const typename prototypes::template effective<scalar_of<B>>& e, const saved<scalar_of<B>>& s) {
    using T = scalar_of<B>;
    layer0::forward(backend, x, p.mlp0, s.hidden0, epilogue::gelu<T, H>{s.pre0});
    layer2::forward(backend, s.hidden0, p.mlp2, s.hidden2, epilogue::gelu<T, H>{s.pre2});
    layer4::forward(backend, s.hidden2, p.mlp4, s.unit);
    nn::l2_normalise<Z>::forward(backend, s.unit, s.unit, s.length);
    nn::row_mean<Z>::forward(backend, s.unit, s.mean);
    backend.template linear_forward<K, Z>(rows_view<const T, Z>(s.mean), weight_view<const T, K, Z>(e.weight),
                                          vector_view<const T, K>{}, s.scores, epilogue::store{});
  }

  /// dx += gradient of x: [B·tokens, In]. gradient.last_layer.weight_v collects the gradient of the effective
  /// prototypes (weight_norm_linear::finish). dscores: [S, K].
  template <tensor_backend B>
  static void backward(B& backend, rows_view<const scalar_of<B>, K> dscores, rows_view<const scalar_of<B>, In> x,
                       const parameters<scalar_of<B>>& p,
                       const typename prototypes::template effective<scalar_of<B>>& e, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient, rows_view<scalar_of<B>, In> dx, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const index rows = x.rows(), tokens = rows / s.mean.rows();
    const auto dmean = scratch.rows<T, Z>("dmean", s.mean.rows());
    const auto dunit = scratch.rows<T, Z>("dunit", rows);
    const auto along = scratch.rows<T, 1>("along", rows);
    const auto dpre2 = scratch.rows<T, H>("dpre2", rows);
    const auto dpre0 = scratch.rows<T, H>("dpre0", rows);
    const weight_view<T, K, Z> dprototypes{gradient.last_layer.weight_v.data, nullptr};
    backend.template linear_weight_gradient<K, Z>(dscores, rows_view<const T, Z>(s.mean), dprototypes,
                                                  vector_view<T, K>{});
    backend.template linear_input_gradient<K, Z>(dscores, weight_view<const T, K, Z>(e.weight), dmean,
                                                 epilogue::store{});
    backend.map(rows, Z, [=] SDMAE_ELEMENT(index r, index c) { dunit(r, c) = dmean(r / tokens, c) / T(tokens); });
    nn::l2_normalise<Z>::backward(backend, dunit, s.unit, s.length, dunit, along);
    layer4::weight_gradient(backend, dunit, s.hidden2, gradient.mlp4);
    layer4::input_gradient(backend, dunit, p.mlp4, dpre2, epilogue::gelu_gradient<T, H>{s.pre2});
    layer2::weight_gradient(backend, dpre2, s.hidden0, gradient.mlp2);
    layer2::input_gradient(backend, dpre2, p.mlp2, dpre0, epilogue::gelu_gradient<T, H>{s.pre0});
    layer0::weight_gradient(backend, dpre0, x, gradient.mlp0);
    layer0::input_gradient(backend, dpre0, p.mlp0, dx, epilogue::accumulate{});
  }
};

}  // namespace sdmae::vit
