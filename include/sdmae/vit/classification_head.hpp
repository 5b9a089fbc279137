// The head of a classifier: tokens to scores of classes, one row an image.
#pragma once

#include <string_view>

#include "sdmae/core/arena.hpp"
#include "sdmae/nn/layer_norm.hpp"
#include "sdmae/nn/linear.hpp"
#include "sdmae/vit/pooling.hpp"

namespace sdmae::vit {

///   scores = head(norm(what stands for an image))
/// which is the mean over its patch tokens, or its class token; see pooling. There are `ClassTokens` rows before the
/// patches of each image. Classes: how many there is room for; see loss::cross_entropy.
template <index D, index Classes, index ClassTokens, pooling Pooling = pooling::mean>
struct classification_head {
  static constexpr index K = Classes, C = ClassTokens;
  using norm_layer = nn::layer_norm<D>;
  using linear = nn::linear<D, K, initial::nearly_zero>;

  template <class T>
  struct parameters {
    typename norm_layer::template parameters<T> norm;
    typename linear::template parameters<T> head;

    template <class Walk>
    constexpr void each(Walk& walk, std::string_view norm_name = "fc_norm") {
      walk(norm_name, norm);
      walk("head", head);
    }
  };

  template <class T>
  struct saved {
    rows_view<T, D> pooled;
    typename norm_layer::template saved<T> norm;
    rows_view<T, K> scores;

    static saved plan(arena& memory, index images) {
      arena::named here(memory, "classification");
      return {memory.rows<T, D>("pooled", images), norm_layer::template saved<T>::plan(memory, images),
              memory.rows<T, K>("scores", images)};
    }
  };

  /// tokens: [B·(C + V), D]; scores: [B, K].
  template <tensor_backend B>
  static void forward(B& backend, index V, rows_view<const scalar_of<B>, D> tokens, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s) {
    pool<C>(backend, V, tokens, s.pooled, Pooling);
    norm_layer::forward(backend, s.pooled, p.norm, s.norm);
    linear::forward(backend, s.norm.output, p.head, s.scores);
  }

  /// dtokens: overwritten; parameter gradients: accumulated. dscores: [B, K].
  template <tensor_backend B>
  static void backward(B& backend, index V, rows_view<const scalar_of<B>, K> dscores, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dtokens, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto dnormed = scratch.rows<T, D>("dnormed", dscores.rows());
    const auto dpooled = scratch.rows<T, D>("dpooled", dscores.rows());
    linear::weight_gradient(backend, dscores, s.norm.output, gradient.head);
    linear::input_gradient(backend, dscores, p.head, dnormed);
    backend.fill(dpooled.data, dpooled.size(), T(0));
    norm_layer::backward(backend, dnormed, s.pooled, p.norm, s.norm, gradient.norm, dpooled, scratch);
    pool_backward<C>(backend, V, rows_view<const T, D>(dpooled), dtokens, Pooling);
  }
};

}  // namespace sdmae::vit
