// A vision transformer that tells classes apart: fine-tuned from a pre-trained encoder, or from nothing.
#pragma once

#include <array>
#include <cstdint>

#include "sdmae/model/autoencoder.hpp"
#include "sdmae/vit/classification_head.hpp"

namespace sdmae {

/// The tower of a classifier: an encoder without its final norm, whose branches can be dropped. A stored table of
/// positions is trained, as He et al. do when they fine-tune.
constexpr vit_shape classifier_tower(vit_shape encoder) {
  encoder.final_norm = false;
  encoder.drop_path = true;
  if (encoder.positions == position_kind::sin_cos_2d) encoder.positions = position_kind::learned;
  return encoder;
}

/// Dimensions only, no weights. There is room for `Classes` of them; fewer may be told apart (loss::cross_entropy).
///   scores = head(norm(pooled tokens of encoder(visible patches)))      [B, K]
/// `Family`: of the masked autoencoder that the encoder comes from; its tokens do not decay here. `Pooling`: the mean
/// over patches, whose norm is new (fc_norm), or the class token, whose norm is the encoder's own (norm), as He et al.
/// fine-tune with and without global pooling. The student of this architecture is what it says, its teacher the labels
/// of a batch.
template <image_shape Image, vit_shape Encoder, index Classes, autoencoder_family Family = autoencoder_family{},
          pooling Pooling = pooling::mean>
struct vit_classifier {
  static_assert(Classes >= 2, "sdmae::vit_classifier: Classes must be at least 2: there is nothing to tell apart");
  static_assert(Pooling == pooling::mean || Encoder.class_token,
                "sdmae::vit_classifier: pooling::class_token needs a class token: set vit_shape::class_token of the "
                "encoder, or take pooling::mean");
  static constexpr image_shape image = Image;
  static constexpr vit_shape encoder_shape = classifier_tower(Encoder);
  static constexpr std::array<vit_shape, 1> towers{encoder_shape};
  static constexpr index N = Image.patches(), D = Encoder.width, P = Image.patch_values(), K = Classes;
  static constexpr distilled says = distilled::classes;
  static constexpr unsigned outputs = student_output | teacher_output;

  using encoder =
      vit::encoder<Image, encoder_shape, vit::weight_recipe{Family.weights.embedding, Family.weights.token}>;
  using classification = vit::classification_head<D, K, encoder::C, Pooling>;

  template <class T>
  struct parameters {
    typename encoder::template parameters<T> encoder_;
    typename classification::template parameters<T> classification_;

    /// The encoder's names are those of its masked autoencoder, the others timm's.
    template <class Walk>
    constexpr void each(Walk& walk) {
      if constexpr (Family.named_encoder)
        walk("encoder", encoder_);
      else
        encoder_.each(walk);
      classification_.each(walk, Pooling == pooling::mean ? "fc_norm" : Family.named_encoder ? "encoder.norm" : "norm");
    }
  };

  template <class T>
  struct constants {
    typename encoder::place::template constants<T> encoder_positions;

    static constants plan(arena& memory) { return {encoder::place::template constants<T>::plan(memory)}; }
    template <class F>
    void each(F f) const {
      f(encoder_positions);
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
  struct saved {
    std::int32_t* visible_patch = nullptr;  // [B·V]
    typename encoder::template saved<T> encoder_;
    typename classification::template saved<T> classification_;
    rows_view<T, K> labels;  // [B, K], given

    static saved plan(arena& memory, index images, const mask_view& mask, unsigned /*asked*/) {
      return {memory.take<std::int32_t>("visible patches", images * mask.visible),
              encoder::template saved<T>::plan(memory, images, mask.visible),
              classification::template saved<T>::plan(memory, images), memory.rows<T, K>("labels", images)};
    }
    template <class F>
    void each_tower(F f) const {
      f(encoder_.tower);
    }
    rows_view<const T, P> pixels() const { return {}; }
    painted_patches painted(const mask_view& mask) const { return {mask, mask.patches}; }
    rows_view<const T, K> student() const { return classification_.scores; }
    rows_view<const T, K> teacher() const { return labels; }
  };

  template <tensor_backend B>
  static void prepare(B&, const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&) {}
  template <tensor_backend B>
  static void finish(B&, const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&,
                     const parameters<scalar_of<B>>&, arena&) {}
  /// See block::keep_branches.
  template <tensor_backend B>
  static void keep_branches(B& backend, const saved<scalar_of<B>>& s) {
    encoder::blocks::keep_branches(backend, s.encoder_.tower);
  }

  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, const mask_view& mask, const constants<scalar_of<B>>& tables,
                      const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>&, const saved<scalar_of<B>>& s,
                      arena& scratch) {
    visible_patches(backend, mask, s.encoder_.patch_embed.output.rows(), s.visible_patch);
    encoder::forward(backend, images, mask.visible, s.visible_patch, tables.encoder_positions, p.encoder_, s.encoder_,
                     scratch);
    classification::forward(backend, mask.visible, s.encoder_.output(), p.classification_, s.classification_);
  }

  /// Accumulates parameter gradients for one slice. d.student: [B, K].
  template <tensor_backend B>
  static void backward(B& backend, const mask_view& mask, const output_gradients<scalar_of<B>, P, K>& d,
                       const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>&, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient, arena& scratch) {
    arena::scope here(scratch);
    const auto dtokens = scratch.rows<scalar_of<B>, D>("dtokens", s.encoder_.output().rows());
    classification::backward(backend, mask.visible, d.student, p.classification_, s.classification_,
                             gradient.classification_, dtokens, scratch);
    encoder::backward(backend, mask.visible, s.visible_patch, dtokens, p.encoder_, s.encoder_, gradient.encoder_,
                      scratch);
  }
};

/// The classifier that is fine-tuned from a masked autoencoder. A class and no other name for one: nvcc does not write
/// down names with values of two levels.
template <class Autoencoder, index Classes, pooling Pooling = pooling::mean>
struct classifier_of
    : vit_classifier<Autoencoder::image, Autoencoder::encoder_shape, Classes, Autoencoder::family, Pooling> {};

}  // namespace sdmae
