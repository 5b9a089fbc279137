// He et al.'s masked autoencoder (arXiv 2111.06377): a class token, two-dimensional positions, and a decoder that puts
// its tokens back into reading order.
#pragma once

#include "sdmae/model/autoencoder.hpp"

namespace sdmae {

/// A tower of He et al.'s: sizes, and what all of theirs have: a class token, biases of queries, keys and values, and
/// stored positions, which start as sines and cosines and stay so unless they are to be learned.
constexpr vit_shape mae_tower(vit_shape sizes) {
  sizes.bias = qkv_bias::full;
  sizes.class_token = true;
  if (sizes.positions != position_kind::learned) sizes.positions = position_kind::sin_cos_2d;
  return sizes;
}

/// Dimensions only, no weights; the sizes are those of mae_tower. No student and no teacher: a loss of pixels alone.
template <image_shape Image, vit_shape Encoder, vit_shape Decoder>
struct mae : autoencoder<Image, mae_tower(Encoder), mae_tower(Decoder),
                         autoencoder_family{vit::he_et_al_weights, vit::token_order::reading, true, false}> {
  using trunk = autoencoder<Image, mae_tower(Encoder), mae_tower(Decoder),
                            autoencoder_family{vit::he_et_al_weights, vit::token_order::reading, true, false}>;
  using trunk::D, trunk::Dd, trunk::N, trunk::P;
  static constexpr image_shape image = Image;
  static constexpr index K = 1;  // of a student and a teacher that are not there
  static constexpr distilled says = distilled::nothing;
  static constexpr unsigned outputs = pixels_output | visible_pixels_output;

  template <class T>
  struct parameters : trunk::template parameters<T> {
    /// Names are facebookresearch/mae's.
    template <class Walk>
    constexpr void each(Walk& walk) {
      this->encoder_.each(walk);
      walk("decoder_embed", this->bridge_);
      this->mask_token_to(walk);
      this->decoder_.each(walk, {"decoder_pos_embed", "decoder_blocks", "decoder_norm", "decoder_pred"});
    }
  };

  template <class T>
  struct prepared {
    template <class B>
    static prepared plan(arena&, B&) {
      return {};
    }
  };

  template <class T>
  struct saved : trunk::template saved<T> {
    static saved plan(arena& memory, index images, const mask_view& mask, unsigned asked) {
      return {{trunk::template saved<T>::plan(memory, images, mask, asked)}};
    }
    rows_view<const T, K> student() const { return {}; }
    rows_view<const T, K> teacher() const { return {}; }
  };

  template <tensor_backend B>
  static void prepare(B&, const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&) {}
  template <tensor_backend B>
  static void finish(B&, const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&,
                     const parameters<scalar_of<B>>&, arena&) {}

  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, const mask_view& mask,
                      const typename trunk::template constants<scalar_of<B>>& tables, const parameters<scalar_of<B>>& p,
                      const prepared<scalar_of<B>>&, const saved<scalar_of<B>>& s, arena& scratch) {
    trunk::forward(backend, images, mask, tables, p, s, scratch);
  }

  /// Accumulates parameter gradients for one slice.
  template <tensor_backend B>
  static void backward(B& backend, const mask_view& mask, const output_gradients<scalar_of<B>, P, K>& d,
                       const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>&, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient, arena& scratch) {
    arena::scope here(scratch);
    const auto de = scratch.rows<scalar_of<B>, D>("de", s.encoder_.output().rows());
    trunk::decoder_backward(backend, mask, {}, d.pixels, p, s, gradient, de, scratch);
    trunk::encoder_backward(backend, mask, de, p, s, gradient, scratch);
  }
};

}  // namespace sdmae
