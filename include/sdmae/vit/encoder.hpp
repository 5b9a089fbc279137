// The encoder: embeds the visible patches of each image and runs them through a tower.
#pragma once

#include <cstdint>

#include "sdmae/nn/patch_embed.hpp"
#include "sdmae/vit/tower.hpp"

namespace sdmae::vit {

template <image_shape Image, vit_shape Tower>
struct encoder {
  static constexpr index D = Tower.width;
  using embedding = nn::patch_embed<checked_image<Image>::value, D>;
  using blocks = tower<Tower>;

  template <class T>
  struct parameters {
    typename embedding::template parameters<T> patch_embed;
    typename blocks::template parameters<T> tower;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("patch_embed", patch_embed);
      tower.each(walk);
    }
  };

  template <class T>
  struct saved {
    typename embedding::template saved<T> patch_embed;
    typename blocks::template saved<T> tower;

    static saved plan(arena& memory, index rows) {
      arena::named here(memory, "encoder");
      return {embedding::template saved<T>::plan(memory, rows), blocks::template saved<T>::plan(memory, rows)};
    }
    rows_view<T, D> output() const { return tower.output(); }
  };

  /// output: [B·tokens, D], the tokens of patches patch_of_row[0 … B·tokens), `tokens` of each image.
  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, index tokens, const std::int32_t* patch_of_row,
                      rows_view<const scalar_of<B>, D> position, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    embedding::forward(backend, images, tokens, patch_of_row, position, p.patch_embed, s.patch_embed);
    blocks::forward(backend, tokens, s.patch_embed.output, p.tower, s.tower, scratch);
  }

  /// dy: gradient of the output. Parameter gradients are accumulated.
  template <tensor_backend B>
  static void backward(B& backend, index tokens, rows_view<const scalar_of<B>, D> dy, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient, arena& scratch) {
    arena::scope here(scratch);
    const auto dx = scratch.rows<scalar_of<B>, D>("dembedded", dy.rows());
    blocks::backward(backend, tokens, dy, s.patch_embed.output, p.tower, s.tower, gradient.tower, dx, scratch);
    embedding::backward(backend, dx, s.patch_embed, gradient.patch_embed);
  }
};

}  // namespace sdmae::vit
