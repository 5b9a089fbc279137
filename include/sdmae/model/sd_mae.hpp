// SD-MAE (arXiv 2203.16983): a masked autoencoder whose decoder also teaches its encoder, on the visible patches.
#pragma once

#include "sdmae/model/autoencoder.hpp"
#include "sdmae/vit/distillation.hpp"

namespace sdmae {

/// The architecture of the released model: dimensions only, no weights. `Distillation`: a head_shape, with which
/// student and teacher are scores over prototypes, or a feature_shape, with which they are features.
///   e, g, pixels: see autoencoder
///   student = say_e(e at visible patches), teacher = say_d(g)     [S, K], S = B or B·V
template <image_shape Image, vit_shape Encoder, vit_shape Decoder, auto Distillation>
struct sd_mae : autoencoder<Image, Encoder, Decoder, autoencoder_family{}> {
  using trunk = autoencoder<Image, Encoder, Decoder, autoencoder_family{}>;
  using trunk::D, trunk::Dd, trunk::N, trunk::P;
  using typename trunk::decoder, typename trunk::encoder;
  using distillation = vit::distillation<D, Dd, Distillation>;
  static constexpr image_shape image = Image;
  static constexpr vit_shape encoder_shape = Encoder, decoder_shape = Decoder;
  static constexpr auto head = Distillation;
  static constexpr index K = distillation::K;
  static constexpr distilled says = distillation::kind;
  static constexpr unsigned outputs = all_outputs | visible_pixels_output;

  template <class T>
  struct parameters : trunk::template parameters<T> {
    typename distillation::template parameters<T> distillation_;

    /// Names are the released checkpoint's.
    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("encoder", this->encoder_);
      walk.reached_by = pixels_output | teacher_output;
      walk("decoder", this->decoder_);
      walk("encoder_to_decoder", this->bridge_);
      this->mask_token_to(walk);
      distillation_.each(walk);
    }
  };

  template <class T>
  using prepared = typename distillation::template prepared<T>;

  template <class T>
  struct saved : trunk::template saved<T> {
    typename distillation::template saved<T> distillation_;

    static saved plan(arena& memory, index images, const mask_view& mask, unsigned asked) {
      return {{trunk::template saved<T>::plan(memory, images, mask, asked)},
              distillation::template saved<T>::plan(memory, images, images * mask.visible, asked)};
    }
    rows_view<const T, K> student() const { return distillation_.student_output_rows(); }
    rows_view<const T, K> teacher() const { return distillation_.teacher_output_rows(); }
  };

  template <tensor_backend B>
  static void prepare(B& backend, const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made) {
    distillation::prepare(backend, p.distillation_, made);
  }

  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, const mask_view& mask,
                      const typename trunk::template constants<scalar_of<B>>& tables, const parameters<scalar_of<B>>& p,
                      const prepared<scalar_of<B>>& made, const saved<scalar_of<B>>& s, arena& scratch) {
    trunk::forward(backend, images, mask, tables, p, s, scratch);
    if (s.asked & student_output)
      distillation::student_forward(backend, s.encoder_.patches, p.distillation_, made, s.distillation_);
    if (s.asked & teacher_output)
      distillation::teacher_forward(backend, s.decoder_.visible, p.distillation_, made, s.distillation_);
  }

  /// Accumulates parameter gradients for one slice. After the last slice of a step, call finish.
  template <tensor_backend B>
  static void backward(B& backend, const mask_view& mask, const output_gradients<scalar_of<B>, P, K>& d,
                       const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto e = s.encoder_.patches;
    const auto de = scratch.rows<T, D>("de", s.encoder_.output().rows());
    {
      arena::scope inner(scratch);
      const auto dg = scratch.rows<T, Dd>("dg", d.teacher.rows() > 0 ? e.rows() : 0);
      backend.fill(dg.data, dg.size(), T(0));
      if (d.teacher.rows() > 0)
        distillation::teacher_backward(backend, d.teacher, s.decoder_.visible, p.distillation_, made, s.distillation_,
                                       gradient.distillation_, dg, scratch);
      trunk::decoder_backward(backend, mask, dg, d.pixels, p, s, gradient, de, scratch);
    }
    if (d.student.rows() > 0) student_backward(backend, d.student, mask.visible, p, made, s, gradient, de, scratch);
    trunk::encoder_backward(backend, mask, de, p, s, gradient, scratch);
  }

  /// Turns what backward has collected for the prototypes into gradients of their parameters. Once a step.
  template <tensor_backend B>
  static void finish(B& backend, const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                     const parameters<scalar_of<B>>& gradient, arena& scratch) {
    distillation::finish(backend, p.distillation_, made, gradient.distillation_, scratch);
  }

  /// de += what the student's gradient is at visible patches.
  template <tensor_backend B>
  static void student_backward(B& backend, rows_view<const scalar_of<B>, K> dstudent, [[maybe_unused]] index V,
                               const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                               const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                               rows_view<scalar_of<B>, D> de, arena& scratch) {
    using T = scalar_of<B>;
    constexpr index C = encoder::C;
    arena::scope here(scratch);
    const auto e = s.encoder_.patches;
    const auto dpatches = C > 0 ? scratch.rows<T, D>("dpatches", e.rows()) : de;
    if constexpr (C > 0) backend.fill(dpatches.data, dpatches.size(), T(0));
    distillation::student_backward(backend, dstudent, e, p.distillation_, made, s.distillation_, gradient.distillation_,
                                   dpatches, scratch);
    if constexpr (C > 0)
      backend.map(e.rows(), D,
                  [=] SDMAE_ELEMENT(index r, index c) { de(r / V * (V + C) + C + r % V, c) += dpatches(r, c); });
  }
};

}  // namespace sdmae
