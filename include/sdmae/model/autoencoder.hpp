// What every masked autoencoder here has in common: an encoder of visible patches, a decoder that paints, and the
// linear layer between them.
#pragma once

#include <array>
#include <cstdint>

#include "sdmae/vit/decoder.hpp"
#include "sdmae/vit/encoder.hpp"

namespace sdmae {

/// In what the families differ beside their shapes.
struct autoencoder_family {
  vit::weight_recipe weights{};
  vit::token_order order = vit::token_order::mask;  // of the decoder's patch tokens
  bool bridge_bias = false;                         // of the layer between encoder and decoder
  bool named_encoder = true;                        // whether names of its parameters begin with "encoder."

  friend constexpr bool operator==(const autoencoder_family&, const autoencoder_family&) = default;
};

/// patch[r] = the patch that visible row r = image·V + slot shows.
template <tensor_backend B>
void visible_patches(B& backend, const mask_view& mask, index rows, std::int32_t* patch) {
  const index V = mask.visible;
  backend.map(rows, 1, [=] SDMAE_ELEMENT(index r, index) { patch[r] = mask.order[r / V * mask.patches + r % V]; });
}

///   e = encoder(visible patches)                              [B·(C + V), D]
///   g, pixels = decoder(bridge(e), mask tokens)               [B·V, Dd], [B·R, p·p·C]
/// with C class tokens and R painted patches of each image: the masked ones, or all.
template <image_shape Image, vit_shape Encoder, vit_shape Decoder, autoencoder_family Family>
struct autoencoder {
  static_assert(Encoder.final_norm && Decoder.final_norm,
                "sdmae: the towers of a masked autoencoder end with a norm: leave vit_shape::final_norm true");
  static_assert(Encoder.class_token == Decoder.class_token,
                "sdmae: encoder and decoder must both have a class token or neither: the decoder's is the encoder's");
  static constexpr image_shape image = Image;
  static constexpr vit_shape encoder_shape = Encoder, decoder_shape = Decoder;
  static constexpr std::array<vit_shape, 2> towers{Encoder, Decoder};
  static constexpr autoencoder_family family = Family;
  static constexpr index N = Image.patches(), D = Encoder.width, Dd = Decoder.width, P = Image.patch_values();

  using encoder = vit::encoder<Image, Encoder, Family.weights>;
  using decoder = vit::decoder<Image, Decoder, Family.order>;
  using bridge = nn::linear<D, Dd, Family.weights.embedding, Family.bridge_bias>;

  template <class T>
  struct parameters {
    typename encoder::template parameters<T> encoder_;
    typename decoder::template parameters<T> decoder_;
    typename bridge::template parameters<T> bridge_;
    vector_view<T, Dd> mask_token;

    template <class Walk>
    constexpr void mask_token_to(Walk& walk) {
      walk("mask_token", mask_token, {1, 1, Dd},
           {.start = Family.weights.token, .decays = Family.weights.tokens_decay});
    }
  };

  /// Tables that the forward pass reads: made once per model.
  template <class T>
  struct constants {
    typename encoder::place::template constants<T> encoder_positions;
    typename decoder::place::template constants<T> decoder_positions;

    static constants plan(arena& memory) {
      return {encoder::place::template constants<T>::plan(memory), decoder::place::template constants<T>::plan(memory)};
    }
    template <class F>
    void each(F f) const {
      f(encoder_positions);
      f(decoder_positions);
    }
  };

  /// What a slice of images leaves for its backward pass. `asked` says which outputs are wanted (bits of outputs).
  template <class T>
  struct saved {
    unsigned asked = all_outputs;
    std::int32_t* visible_patch = nullptr;  // [B·V]
    typename encoder::template saved<T> encoder_;
    rows_view<T, Dd> bridged;  // [B·(C + V), Dd]
    typename decoder::template saved<T> decoder_;

    static saved plan(arena& memory, index images, const mask_view& mask, unsigned asked) {
      saved s;
      s.asked = asked;
      s.visible_patch = memory.take<std::int32_t>("visible patches", images * mask.visible);
      s.encoder_ = encoder::template saved<T>::plan(memory, images, mask.visible);
      if (s.decodes()) {
        s.bridged = memory.rows<T, Dd>("bridged", images * (mask.visible + encoder::C));
        s.decoder_ = decoder::template saved<T>::plan(memory, images, mask, asked);
      }
      return s;
    }
    bool decodes() const { return (asked & (pixels_output | teacher_output)) != 0; }
    /// f(saved of a tower) for those that run, in the order of `towers`.
    template <class F>
    void each_tower(F f) const {
      f(encoder_.tower);
      if (decodes()) f(decoder_.tower);
    }
    rows_view<const T, P> pixels() const { return decoder_.pixels; }
    painted_patches painted(const mask_view& mask) const { return {mask, decoder_.first_painted}; }
  };

  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, const mask_view& mask, const constants<scalar_of<B>>& tables,
                      const parameters<scalar_of<B>>& p, const saved<scalar_of<B>>& s, arena& scratch) {
    using T = scalar_of<B>;
    visible_patches(backend, mask, s.encoder_.patch_embed.output.rows(), s.visible_patch);
    encoder::forward(backend, images, mask.visible, s.visible_patch, tables.encoder_positions, p.encoder_, s.encoder_,
                     scratch);
    if (!s.decodes()) return;
    bridge::forward(backend, s.encoder_.output(), p.bridge_, s.bridged);
    decoder::forward(backend, mask, s.bridged, vector_view<const T, Dd>(p.mask_token), tables.decoder_positions,
                     p.decoder_, s.decoder_, scratch);
  }

  /// See block::keep_branches.
  template <tensor_backend B>
  static void keep_branches(B& backend, const saved<scalar_of<B>>& s) {
    encoder::blocks::keep_branches(backend, s.encoder_.tower);
    if (s.decodes()) decoder::blocks::keep_branches(backend, s.decoder_.tower);
  }

  /// The decoder's part: de, the gradient of e, is overwritten with what flows through the bridge. dg and dpixels may
  /// have no rows. Parameter gradients are accumulated.
  template <tensor_backend B>
  static void decoder_backward(B& backend, const mask_view& mask, rows_view<const scalar_of<B>, Dd> dg,
                               rows_view<const scalar_of<B>, P> dpixels, const parameters<scalar_of<B>>& p,
                               const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                               rows_view<scalar_of<B>, D> de, arena& scratch) {
    using T = scalar_of<B>;
    if (dg.rows() == 0 && dpixels.rows() == 0) return backend.fill(de.data, de.size(), T(0));
    arena::scope here(scratch);
    const auto dbridged = scratch.rows<T, Dd>("dbridged", s.bridged.rows());
    decoder::backward(backend, mask, dg, dpixels, p.decoder_, s.decoder_, gradient.decoder_, dbridged,
                      gradient.mask_token, scratch);
    bridge::weight_gradient(backend, dbridged, s.encoder_.output(), gradient.bridge_);
    bridge::input_gradient(backend, dbridged, p.bridge_, de);
  }
  template <tensor_backend B>
  static void encoder_backward(B& backend, const mask_view& mask, rows_view<const scalar_of<B>, D> de,
                               const parameters<scalar_of<B>>& p, const saved<scalar_of<B>>& s,
                               const parameters<scalar_of<B>>& gradient, arena& scratch) {
    encoder::backward(backend, mask.visible, s.visible_patch, de, p.encoder_, s.encoder_, gradient.encoder_, scratch);
  }
};

/// Gradients of a model's outputs, from a loss. Views without rows: no gradient flows there.
template <class T, index P, index K>
struct output_gradients {
  rows_view<T, P> pixels;            // [B·R, p·p·C]
  rows_view<T, K> student, teacher;  // [S, K], S rows: one an image, or one a visible token
};

}  // namespace sdmae
