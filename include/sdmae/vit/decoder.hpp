// The decoder: places encoded tokens and mask tokens, runs them through a tower, paints patches.
#pragma once

#include <string_view>

#include "sdmae/core/images.hpp"
#include "sdmae/nn/linear.hpp"
#include "sdmae/vit/position.hpp"
#include "sdmae/vit/tower.hpp"

namespace sdmae::vit {

/// The order of the patch tokens in the decoder: as in the mask, visible ones first (released SD-MAE), or put back into
/// reading order (He et al.).
enum class token_order { mask, reading };

/// What the decoder's parameters are called.
struct decoder_names {
  std::string_view positions, blocks, norm, head;
};
inline constexpr decoder_names released_decoder_names{"pos_embed", "blocks", "norm", "head"};

/// A sequence has a row for the class token, where the tower has one, and one for each of the N patches. A token is
/// known by its slot, its place in the order of the mask: slots below V are visible patches.
template <image_shape Image, vit_shape Tower, token_order Order = token_order::mask>
struct decoder {
  static constexpr index D = Tower.width, P = Image.patch_values(), C = Tower.class_tokens();
  static constexpr index N = Image.patches(), L = N + C;
  static constexpr token_order order = Order;
  using place = positions<Image, Tower>;
  using blocks = tower<Tower>;
  using pixel_head = nn::linear<D, P>;

  template <class T>
  struct parameters {
    typename place::template parameters<T> pos_embed;
    typename blocks::template parameters<T> tower;
    typename pixel_head::template parameters<T> head;

    template <class Walk>
    constexpr void each(Walk& walk, const decoder_names& names = released_decoder_names) {
      pos_embed.each(walk, names.positions);
      tower.each(walk, names.blocks, names.norm);
      const unsigned reached_by = walk.reached_by;
      walk.reached_by = reached_by & pixels_output;
      walk(names.head, head);
      walk.reached_by = reached_by;
    }
  };

  template <class T>
  struct saved {
    index first_painted = 0;                      // slots from here on are painted
    const std::int32_t* patch_of_slot = nullptr;  // [B·N]: the order of the masks
    rows_view<T, D> sequence;                     // [B·L, D], what the first block reads
    typename blocks::template saved<T> tower;
    rows_view<T, D> visible;  // [B·V, D], the tower's output at visible patches
    rows_view<T, D> painted;  // [B·R, D], and at the R patches of an image that are painted
    rows_view<T, P> pixels;   // [B·R, p·p·C]

    /// `asked`: outputs that are wanted; without pixels R is 0.
    static saved plan(arena& memory, index images, const mask_view& mask, unsigned asked) {
      arena::named here(memory, "decoder");
      saved s;
      s.first_painted = (asked & pixels_output) == 0 ? N : (asked & visible_pixels_output) != 0 ? 0 : mask.visible;
      s.patch_of_slot = mask.order;
      s.sequence = memory.rows<T, D>("sequence", images * L);
      s.tower = blocks::template saved<T>::plan(memory, images, images * L);
      s.visible = memory.rows<T, D>("visible", (asked & teacher_output) != 0 ? images * mask.visible : 0);
      s.painted = memory.rows<T, D>("painted", images * (N - s.first_painted));
      s.pixels = memory.rows<T, P>("pixels", images * (N - s.first_painted));
      return s;
    }
  };

  /// The row in a sequence of all images of an image's slot, in [0, N).
  SDMAE_HOST_DEVICE static index row_of(const std::int32_t* patch_of_slot, index image, index slot) {
    return image * L + C + (Order == token_order::mask ? slot : index(patch_of_slot[image * N + slot]));
  }

  /// tokens: [B·(C + V), D], encoded ones at the decoder's width; mask_token: [D].
  template <tensor_backend B>
  static void forward(B& backend, const mask_view& mask, rows_view<const scalar_of<B>, D> tokens,
                      vector_view<const scalar_of<B>, D> mask_token,
                      const typename place::template constants<scalar_of<B>>& table, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    using T = scalar_of<B>;
    const index V = mask.visible, first = s.first_painted, R = N - first;
    const std::int32_t* const patch = mask.order;
    const auto position = place::of_patches(p.pos_embed, table);
    const T* const class_position = place::of_class(p.pos_embed);
    const auto sequence = s.sequence;
    backend.map(tokens.rows() / (V + C) * N, D, [=] SDMAE_ELEMENT(index r, index c) {
      const index image = r / N, slot = r % N;
      const auto token = slot < V ? tokens(image * (V + C) + C + slot, c) : mask_token(c);
      sequence(row_of(patch, image, slot), c) = token + position(patch[r], c);
    });
    if constexpr (C > 0)
      backend.map(tokens.rows() / (V + C), D, [=] SDMAE_ELEMENT(index image, index c) {
        const T place_of_class = class_position != nullptr ? class_position[c] : T(0);
        sequence(image * L, c) = tokens(image * (V + C), c) + place_of_class;
      });
    blocks::forward(backend, L, sequence, p.tower, s.tower, scratch);
    const auto output = s.tower.output();
    const auto visible = s.visible, painted = s.painted;
    backend.map(visible.rows(), D,
                [=] SDMAE_ELEMENT(index r, index c) { visible(r, c) = output(row_of(patch, r / V, r % V), c); });
    if (R == 0) return;
    backend.map(painted.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
      painted(r, c) = output(row_of(patch, r / R, first + r % R), c);
    });
    pixel_head::forward(backend, painted, p.head, s.pixels);
  }

  /// dtokens: [B·(C + V), D], overwritten; dmask_token and parameter gradients: accumulated. dvisible: [B·V, D] and
  /// dpixels: [B·R, p·p·C], either without rows where no gradient flows.
  template <tensor_backend B>
  static void backward(B& backend, const mask_view& mask, rows_view<const scalar_of<B>, D> dvisible,
                       rows_view<const scalar_of<B>, P> dpixels, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dtokens, vector_view<scalar_of<B>, D> dmask_token, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const index V = mask.visible, M = N - V, first = s.first_painted, R = N - first;
    const index rows = s.sequence.rows(), images = rows / L;
    const std::int32_t* const patch = s.patch_of_slot;
    const auto dpainted = scratch.rows<T, D>("dpainted", s.painted.rows());
    const auto doutput = scratch.rows<T, D>("doutput", rows);
    const auto dsequence = scratch.rows<T, D>("dsequence", rows);
    const bool pixels = dpixels.rows() > 0, seen = dvisible.rows() > 0;
    if (pixels) {
      pixel_head::weight_gradient(backend, dpixels, s.painted, gradient.head);
      pixel_head::input_gradient(backend, dpixels, p.head, dpainted);
    }
    if constexpr (C > 0) backend.fill(doutput.data, doutput.size(), T(0));
    backend.map(images * N, D, [=] SDMAE_ELEMENT(index r, index c) {
      const index image = r / N, slot = r % N;
      const T taught = seen && slot < V ? dvisible(image * V + slot, c) : T(0);
      const T painted = pixels && slot >= first ? dpainted(image * R + slot - first, c) : T(0);
      doutput(row_of(patch, image, slot), c) = taught + painted;
    });
    blocks::backward(backend, L, doutput, s.sequence, p.tower, s.tower, gradient.tower, dsequence, scratch);
    backend.map(dtokens.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
      const index image = r / (V + C), slot = r % (V + C) - C;
      dtokens(r, c) = dsequence(slot < 0 ? image * L : row_of(patch, image, slot), c);
    });
    backend.reduce_columns(dmask_token.data, images * M, D, [=] SDMAE_ELEMENT(index r, index c) {
      return dsequence(row_of(patch, r / M, V + r % M), c);
    });
    position_gradient(backend, patch, dsequence, gradient, scratch);
  }

  template <tensor_backend B>
  static void position_gradient([[maybe_unused]] B& backend, [[maybe_unused]] const std::int32_t* patch,
                                [[maybe_unused]] rows_view<const scalar_of<B>, D> dsequence,
                                [[maybe_unused]] const parameters<scalar_of<B>>& gradient,
                                [[maybe_unused]] arena& scratch) {
    if constexpr (place::learned) {
      const index images = dsequence.rows() / L;
      arena::scope here(scratch);
      const auto by_slot = scratch.rows<scalar_of<B>, D>("dslots", images * N);
      backend.map(images * N, D,
                  [=] SDMAE_ELEMENT(index r, index c) { by_slot(r, c) = dsequence(row_of(patch, r / N, r % N), c); });
      place::backward(backend, by_slot, patch, gradient.pos_embed);
      if constexpr (C > 0)
        backend.reduce_columns(gradient.pos_embed.embedding.data, images, D,
                               [=] SDMAE_ELEMENT(index image, index c) { return dsequence(image * L, c); });
    }
  }
};

}  // namespace sdmae::vit
