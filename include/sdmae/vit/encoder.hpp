// The encoder: embeds the visible patches of each image and runs them through a tower.
#pragma once

#include <cstdint>

#include "sdmae/nn/patch_embed.hpp"
#include "sdmae/vit/position.hpp"
#include "sdmae/vit/recipe.hpp"
#include "sdmae/vit/tower.hpp"

namespace sdmae::vit {

/// Tokens of an image: the class token, where the tower has one, then its visible patches in the order of the mask.
template <image_shape Image, vit_shape Tower, weight_recipe Recipe = released_weights>
struct encoder {
  static constexpr index D = Tower.width, C = Tower.class_tokens();
  using embedding = nn::patch_embed<checked_image<Image>::value, D, Recipe.embedding>;
  using place = positions<Image, Tower>;
  using blocks = tower<Tower>;

  template <class T>
  struct parameters {
    vector_view<T, D> cls_token;
    typename place::template parameters<T> pos_embed;
    typename embedding::template parameters<T> patch_embed;
    typename blocks::template parameters<T> tower;

    template <class Walk>
    constexpr void each(Walk& walk) {
      if constexpr (C > 0)
        walk("cls_token", cls_token, {1, 1, D}, {.start = Recipe.token, .decays = Recipe.tokens_decay});
      pos_embed.each(walk, "pos_embed");
      walk("patch_embed", patch_embed);
      tower.each(walk);
    }
  };

  template <class T>
  struct saved {
    typename embedding::template saved<T> patch_embed;
    rows_view<T, D> sequence;  // [B·(C + V), D], what the first block reads
    typename blocks::template saved<T> tower;
    rows_view<T, D> patches;  // [B·V, D], the output's rows that are patches

    static saved plan(arena& memory, index images, index visible) {
      arena::named here(memory, "encoder");
      const index rows = images * visible, tokens = images * (visible + C);
      saved s;
      s.patch_embed = embedding::template saved<T>::plan(memory, rows);
      s.sequence = C > 0 ? memory.rows<T, D>("sequence", tokens) : s.patch_embed.output;
      s.tower = blocks::template saved<T>::plan(memory, images, tokens);
      s.patches = C > 0 ? memory.rows<T, D>("patch tokens", rows) : s.tower.output();
      return s;
    }
    rows_view<T, D> output() const { return tower.output(); }
  };

  /// output: [B·(C + V), D], patches: [B·V, D]; row r of the patches is patch patch_of_row[r] of image r / V.
  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, index V, const std::int32_t* patch_of_row,
                      const typename place::template constants<scalar_of<B>>& table, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    embed(backend, images, V, patch_of_row, table, p, s.patch_embed, s.sequence);
    blocks::forward(backend, V + C, s.sequence, p.tower, s.tower, scratch);
    pick_patches(backend, V, s.output(), s.patches);
  }

  /// What the first block reads. embedded.output: [B·V, D]; sequence: [B·(C + V), D], the same where C is 0.
  template <tensor_backend B, class Images>
  static void embed(B& backend, const Images& images, index V, const std::int32_t* patch_of_row,
                    const typename place::template constants<scalar_of<B>>& table, const parameters<scalar_of<B>>& p,
                    const typename embedding::template saved<scalar_of<B>>& embedded,
                    [[maybe_unused]] rows_view<scalar_of<B>, D> sequence) {
    using T = scalar_of<B>;
    embedding::forward(backend, images, V, patch_of_row, place::of_patches(p.pos_embed, table), p.patch_embed,
                       embedded);
    if constexpr (C > 0) {
      const auto patch = embedded.output;
      const auto token = p.cls_token;
      const T* const position = place::of_class(p.pos_embed);
      backend.map(sequence.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
        const index image = r / (V + C), slot = r % (V + C);
        sequence(r, c) = slot >= C             ? patch(image * V + slot - C, c)
                         : position != nullptr ? token(c) + position[c]
                                               : token(c);
      });
    }
  }

  /// patches = the rows of `tokens` that are patches; nothing where all are.
  template <tensor_backend B>
  static void pick_patches([[maybe_unused]] B& backend, [[maybe_unused]] index V,
                           [[maybe_unused]] rows_view<const scalar_of<B>, D> tokens,
                           [[maybe_unused]] rows_view<scalar_of<B>, D> patches) {
    if constexpr (C > 0)
      backend.map(patches.rows(), D,
                  [=] SDMAE_ELEMENT(index r, index c) { patches(r, c) = tokens(r / V * (V + C) + C + r % V, c); });
  }

  /// dy: gradient of the output. Parameter gradients are accumulated.
  template <tensor_backend B>
  static void backward(B& backend, index V, const std::int32_t* patch_of_row, rows_view<const scalar_of<B>, D> dy,
                       const parameters<scalar_of<B>>& p, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto dsequence = scratch.rows<T, D>("dsequence", dy.rows());
    blocks::backward(backend, V + C, dy, s.sequence, p.tower, s.tower, gradient.tower, dsequence, scratch);
    const auto dpatches = C > 0 ? scratch.rows<T, D>("dembedded", dy.rows() / (V + C) * V) : dsequence;
    pick_patches(backend, V, dsequence, dpatches);
    embedding::backward(backend, dpatches, s.patch_embed, gradient.patch_embed);
    place::backward(backend, dpatches, patch_of_row, gradient.pos_embed);
    if constexpr (C > 0) {
      const auto of_class = [=] SDMAE_ELEMENT(index image, index c) { return dsequence(image * (V + C), c); };
      backend.reduce_columns(gradient.cls_token.data, dy.rows() / (V + C), D, of_class);
      if constexpr (place::learned)
        backend.reduce_columns(gradient.pos_embed.embedding.data, dy.rows() / (V + C), D, of_class);
    }
  }
};

}  // namespace sdmae::vit
