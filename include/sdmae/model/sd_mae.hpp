// SD-MAE (arXiv 2203.16983): a masked autoencoder whose decoder also teaches its encoder, on the visible patches.
#pragma once

#include <cstdint>

#include "sdmae/vit/decoder.hpp"
#include "sdmae/vit/encoder.hpp"
#include "sdmae/vit/projection_head.hpp"

namespace sdmae {

/// The architecture of the released model: dimensions only, no weights.
///   e = encoder(visible patches)                               [B, V, D]
///   g, pixels = decoder(encoder_to_decoder(e), mask tokens)    [B, V, Dd], [B, M, p·p·C]
///   student = head_e(e), teacher = head_d(g)                   [B, K]
template <image_shape Image, vit_shape Encoder, vit_shape Decoder, head_shape Head>
struct sd_mae {
  static constexpr image_shape image = Image;
  static constexpr vit_shape encoder_shape = Encoder, decoder_shape = Decoder;
  static constexpr head_shape head = Head;
  static constexpr index N = Image.patches(), D = Encoder.width, Dd = Decoder.width, K = Head.prototypes;
  static constexpr index P = Image.patch_values();

  using encoder = vit::encoder<Image, Encoder>;
  using decoder = vit::decoder<Image, Decoder>;
  using bridge = nn::linear<D, Dd, initial::fan_in_uniform, false>;
  using student_head = vit::projection_head<D, Head>;
  using teacher_head = vit::projection_head<Dd, Head>;

  template <class T>
  struct parameters {
    typename encoder::template parameters<T> encoder_;
    typename decoder::template parameters<T> decoder_;
    typename bridge::template parameters<T> encoder_to_decoder;
    vector_view<T, Dd> mask_token;
    typename student_head::template parameters<T> encoder_proj_head;
    typename teacher_head::template parameters<T> decoder_proj_head;

    /// Names are the released checkpoint's, its spelling of decoder_proh_head included.
    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("encoder", encoder_);
      walk.reached_by = pixels_output | teacher_output;
      walk("decoder", decoder_);
      walk("encoder_to_decoder", encoder_to_decoder);
      walk("mask_token", mask_token, {1, 1, Dd}, {.start = initial::truncated_normal});
      walk.reached_by = student_output;
      walk("encoder_proj_head", encoder_proj_head);
      walk.reached_by = teacher_output;
      walk("decoder_proh_head", decoder_proj_head);
    }
  };

  /// Host-side tables that the forward pass reads: made once per model.
  template <class T>
  struct constants {
    rows_view<T, D> encoder_position;   // [N, D]
    rows_view<T, Dd> decoder_position;  // [N, Dd]

    static constants plan(arena& memory) {
      return {memory.rows<T, D>("encoder positions", N), memory.rows<T, Dd>("decoder positions", N)};
    }
  };

  /// What is made from the weights once a step, before its first slice.
  template <class T>
  struct prepared {
    typename student_head::prototypes::template effective<T> student;
    typename teacher_head::prototypes::template effective<T> teacher;

    template <class B>
    static prepared plan(arena& memory, B& backend) {
      return {student_head::prototypes::template effective<T>::plan(memory, backend),
              teacher_head::prototypes::template effective<T>::plan(memory, backend)};
    }
  };

  /// Everything a slice of images leaves for its backward pass. `asked` says which outputs are wanted (bits of
  /// outputs).
  template <class T>
  struct saved {
    unsigned asked = all_outputs;
    std::int32_t* visible_patch = nullptr;  // [B·V]
    typename encoder::template saved<T> encoder_;
    rows_view<T, Dd> bridged;  // [B·V, Dd]
    typename decoder::template saved<T> decoder_;
    typename student_head::template saved<T> student;
    typename teacher_head::template saved<T> teacher;

    static saved plan(arena& memory, index images, const mask_view& mask, unsigned asked) {
      const index rows = images * mask.visible;
      saved s;
      s.asked = asked;
      s.visible_patch = memory.take<std::int32_t>("visible patches", rows);
      s.encoder_ = encoder::template saved<T>::plan(memory, rows);
      if (asked & (pixels_output | teacher_output)) {
        s.bridged = memory.rows<T, Dd>("bridged", rows);
        s.decoder_ = decoder::template saved<T>::plan(memory, images, mask, (asked & pixels_output) != 0);
      }
      if (asked & student_output)
        s.student = student_head::template saved<T>::plan(memory, "student head", images, rows);
      if (asked & teacher_output)
        s.teacher = teacher_head::template saved<T>::plan(memory, "teacher head", images, rows);
      return s;
    }
  };

  /// Gradients of the outputs, from a loss. Views without rows: no gradient flows there.
  template <class T>
  struct output_gradients {
    rows_view<T, P> pixels;            // [B·M, p·p·C]
    rows_view<T, K> student, teacher;  // [B, K]
  };

  template <tensor_backend B>
  static void prepare(B& backend, const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made) {
    student_head::prototypes::prepare(backend, p.encoder_proj_head.last_layer, made.student);
    teacher_head::prototypes::prepare(backend, p.decoder_proj_head.last_layer, made.teacher);
  }

  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, const mask_view& mask, const constants<scalar_of<B>>& tables,
                      const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                      const saved<scalar_of<B>>& s, arena& scratch) {
    using T = scalar_of<B>;
    std::int32_t* const visible_patch = s.visible_patch;
    const index V = mask.visible;
    backend.map(s.encoder_.output().rows(), 1,
                [=] SDMAE_ELEMENT(index r, index) { visible_patch[r] = mask.order[r / V * N + r % V]; });
    encoder::forward(backend, images, V, visible_patch, tables.encoder_position, p.encoder_, s.encoder_, scratch);
    const auto e = s.encoder_.output();
    if (s.asked & (pixels_output | teacher_output)) {
      bridge::forward(backend, e, p.encoder_to_decoder, s.bridged);
      decoder::forward(backend, mask, s.bridged, vector_view<const T, Dd>(p.mask_token), tables.decoder_position,
                       p.decoder_, s.decoder_, scratch);
    }
    if (s.asked & student_output) student_head::forward(backend, e, p.encoder_proj_head, made.student, s.student);
    if (s.asked & teacher_output)
      teacher_head::forward(backend, s.decoder_.visible, p.decoder_proj_head, made.teacher, s.teacher);
  }

  /// Accumulates parameter gradients for one slice. After the last slice of a step, call finish.
  template <tensor_backend B>
  static void backward(B& backend, const mask_view& mask, const output_gradients<scalar_of<B>>& d,
                       const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                       const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto e = s.encoder_.output();
    const auto de = scratch.rows<T, D>("de", e.rows());
    const bool through_decoder = d.pixels.rows() > 0 || d.teacher.rows() > 0;
    if (through_decoder) {
      arena::scope inner(scratch);
      const auto g = s.decoder_.visible;
      const auto dg = scratch.rows<T, Dd>("dg", g.rows());
      const auto dbridged = scratch.rows<T, Dd>("dbridged", g.rows());
      backend.fill(dg.data, dg.size(), T(0));
      if (d.teacher.rows() > 0)
        teacher_head::backward(backend, d.teacher, g, p.decoder_proj_head, made.teacher, s.teacher,
                               gradient.decoder_proj_head, dg, scratch);
      decoder::backward(backend, mask, dg, d.pixels, p.decoder_, s.decoder_, gradient.decoder_, dbridged,
                        gradient.mask_token, scratch);
      bridge::weight_gradient(backend, dbridged, e, gradient.encoder_to_decoder);
      bridge::input_gradient(backend, dbridged, p.encoder_to_decoder, de);
    } else {
      backend.fill(de.data, de.size(), T(0));
    }
    if (d.student.rows() > 0)
      student_head::backward(backend, d.student, e, p.encoder_proj_head, made.student, s.student,
                             gradient.encoder_proj_head, de, scratch);
    encoder::backward(backend, mask.visible, de, p.encoder_, s.encoder_, gradient.encoder_, scratch);
  }

  /// Turns what backward has collected for the prototypes into gradients of their parameters. Once a step.
  template <tensor_backend B>
  static void finish(B& backend, const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                     const parameters<scalar_of<B>>& gradient, arena& scratch) {
    student_head::prototypes::finish(backend, p.encoder_proj_head.last_layer, made.student,
                                     gradient.encoder_proj_head.last_layer, scratch);
    teacher_head::prototypes::finish(backend, p.decoder_proj_head.last_layer, made.teacher,
                                     gradient.decoder_proj_head.last_layer, scratch);
  }
};

}  // namespace sdmae
