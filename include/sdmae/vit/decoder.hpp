// The decoder of SD-MAE: places encoded tokens and mask tokens, runs them through a tower, paints the masked patches.
#pragma once

#include "sdmae/core/images.hpp"
#include "sdmae/nn/linear.hpp"
#include "sdmae/vit/tower.hpp"

namespace sdmae::vit {

/// The sequence is [visible tokens; mask tokens], each with the position of its patch, in the order of the mask (the
/// released model does not put patches back into grid order).
template <image_shape Image, vit_shape Tower>
struct decoder {
  static constexpr index D = Tower.width, P = Image.patch_values();
  using blocks = tower<Tower>;
  using pixel_head = nn::linear<D, P>;

  template <class T>
  struct parameters {
    typename blocks::template parameters<T> tower;
    typename pixel_head::template parameters<T> head;

    template <class Walk>
    constexpr void each(Walk& walk) {
      tower.each(walk);
      const unsigned reached_by = walk.reached_by;
      walk.reached_by = reached_by & pixels_output;
      walk("head", head);
      walk.reached_by = reached_by;
    }
  };

  template <class T>
  struct saved {
    rows_view<T, D> sequence;  // [B·N, D], what the first block reads
    typename blocks::template saved<T> tower;
    rows_view<T, D> visible, masked;  // [B·V, D] and [B·M, D], the tower's output by kind
    rows_view<T, P> pixels;           // [B·M, p·p·C]; [0, …] when no pixels are asked for

    static saved plan(arena& memory, index images, const mask_view& mask, bool pixels) {
      arena::named here(memory, "decoder");
      saved s;
      s.sequence = memory.rows<T, D>("sequence", images * mask.patches);
      s.tower = blocks::template saved<T>::plan(memory, images * mask.patches);
      s.visible = memory.rows<T, D>("visible", images * mask.visible);
      s.masked = memory.rows<T, D>("masked", pixels ? images * mask.masked() : 0);
      s.pixels = memory.rows<T, P>("pixels", pixels ? images * mask.masked() : 0);
      return s;
    }
  };

  /// visible: [B·V, D] (the tower's output at visible patches), pixels: [B·M, p·p·C]. tokens: [B·V, D], encoded visible
  /// patches at the decoder's width; mask_token: [D]; position: [N, D].
  template <tensor_backend B>
  static void forward(B& backend, const mask_view& mask, rows_view<const scalar_of<B>, D> tokens,
                      vector_view<const scalar_of<B>, D> mask_token, rows_view<const scalar_of<B>, D> position,
                      const parameters<scalar_of<B>>& p, const saved<scalar_of<B>>& s, arena& scratch) {
    const index N = mask.patches, V = mask.visible, M = mask.masked();
    const auto sequence = s.sequence;
    backend.map(sequence.rows(), D, [=] SDMAE_ELEMENT(index r, index c) {
      const index image = r / N, slot = r % N;
      const auto token = slot < V ? tokens(image * V + slot, c) : mask_token(c);
      sequence(r, c) = token + position(mask.order[r], c);
    });
    blocks::forward(backend, N, sequence, p.tower, s.tower, scratch);
    const auto output = s.tower.output();
    const auto visible = s.visible, masked = s.masked;
    backend.map(visible.rows(), D,
                [=] SDMAE_ELEMENT(index r, index c) { visible(r, c) = output(r / V * N + r % V, c); });
    if (s.pixels.rows() == 0) return;
    backend.map(masked.rows(), D,
                [=] SDMAE_ELEMENT(index r, index c) { masked(r, c) = output(r / M * N + V + r % M, c); });
    pixel_head::forward(backend, masked, p.head, s.pixels);
  }

  /// dtokens: [B·V, D], overwritten; dmask_token: accumulated. dvisible: [B·V, D]; dpixels: [B·M, p·p·C] or no rows.
  template <tensor_backend B>
  static void backward(B& backend, const mask_view& mask, rows_view<const scalar_of<B>, D> dvisible,
                       rows_view<const scalar_of<B>, P> dpixels, const parameters<scalar_of<B>>& p,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                       rows_view<scalar_of<B>, D> dtokens, vector_view<scalar_of<B>, D> dmask_token, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const index N = mask.patches, V = mask.visible, M = mask.masked();
    const index rows = s.sequence.rows();
    const auto dmasked = scratch.rows<T, D>("dmasked", s.masked.rows());
    const auto doutput = scratch.rows<T, D>("doutput", rows);
    const auto dsequence = scratch.rows<T, D>("dsequence", rows);
    const bool pixels = dpixels.rows() > 0;
    if (pixels) {
      pixel_head::weight_gradient(backend, dpixels, s.masked, gradient.head);
      pixel_head::input_gradient(backend, dpixels, p.head, dmasked);
    }
    backend.map(rows, D, [=] SDMAE_ELEMENT(index r, index c) {
      const index image = r / N, slot = r % N;
      doutput(r, c) = slot < V ? dvisible(image * V + slot, c) : pixels ? dmasked(image * M + slot - V, c) : T(0);
    });
    blocks::backward(backend, N, doutput, s.sequence, p.tower, s.tower, gradient.tower, dsequence, scratch);
    backend.map(dtokens.rows(), D,
                [=] SDMAE_ELEMENT(index r, index c) { dtokens(r, c) = dsequence(r / V * N + r % V, c); });
    backend.reduce_columns(dmask_token.data, rows / N * M, D,
                           [=] SDMAE_ELEMENT(index r, index c) { return dsequence(r / M * N + V + r % M, c); });
  }
};

}  // namespace sdmae::vit
