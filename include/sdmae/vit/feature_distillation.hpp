// Self-distillation on features: the decoder's visible tokens, at the encoder's width, teach the encoder's.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/nn/linear.hpp"
#include "sdmae/nn/row_mean.hpp"

namespace sdmae::vit {

/// What a student of width D and a teacher of width Dd say of visible tokens: student = e, teacher = g·Wᵀ + b, token by
/// token or as means over an image's visible tokens. The mean of the teacher is taken before its linear layer.
template <index D, index Dd, feature_shape Shape>
struct feature_distillation {
  static constexpr distilled kind = distilled::features;
  static constexpr index K = D;
  using projection = nn::linear<Dd, D>;

  template <class T>
  struct parameters {
    typename projection::template parameters<T> distill_projection;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk.reached_by = teacher_output;
      walk("distill_projection", distill_projection);
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
    rows_view<T, D> student, teacher;  // [S, D], S rows of features: B, or B·V
    rows_view<T, Dd> said;             // [S, Dd], what the teacher's linear layer reads

    static saved plan(arena& memory, index images, index rows, unsigned asked) {
      arena::named here(memory, "distillation");
      const index said = Shape.per_token ? rows : images;
      saved s;
      if (asked & student_output) s.student = memory.rows<T, D>("student", said);
      if (asked & teacher_output) {
        s.said = memory.rows<T, Dd>("said", said);
        s.teacher = memory.rows<T, D>("teacher", said);
      }
      return s;
    }
    rows_view<const T, K> student_output_rows() const { return student; }
    rows_view<const T, K> teacher_output_rows() const { return teacher; }
  };

  template <tensor_backend B>
  static void prepare(B&, const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&) {}
  template <tensor_backend B>
  static void finish(B&, const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&,
                     const parameters<scalar_of<B>>&, arena&) {}

  /// e: [B·V, D]; g: [B·V, Dd].
  template <tensor_backend B>
  static void student_forward(B& backend, rows_view<const scalar_of<B>, D> e, const parameters<scalar_of<B>>&,
                              const prepared<scalar_of<B>>&, const saved<scalar_of<B>>& s) {
    nn::row_mean<D>::forward(backend, e, s.student);
  }
  template <tensor_backend B>
  static void teacher_forward(B& backend, rows_view<const scalar_of<B>, Dd> g, const parameters<scalar_of<B>>& p,
                              const prepared<scalar_of<B>>&, const saved<scalar_of<B>>& s) {
    nn::row_mean<Dd>::forward(backend, g, s.said);
    projection::forward(backend, s.said, p.distill_projection, s.teacher);
  }

  /// de += the gradient of e, dg += that of g; parameter gradients are accumulated.
  template <tensor_backend B>
  static void student_backward(B& backend, rows_view<const scalar_of<B>, K> d, rows_view<const scalar_of<B>, D>,
                               const parameters<scalar_of<B>>&, const prepared<scalar_of<B>>&,
                               const saved<scalar_of<B>>&, const parameters<scalar_of<B>>&,
                               rows_view<scalar_of<B>, D> de, arena&) {
    nn::row_mean<D>::backward(backend, d, de);
  }
  template <tensor_backend B>
  static void teacher_backward(B& backend, rows_view<const scalar_of<B>, K> d, rows_view<const scalar_of<B>, Dd>,
                               const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>&,
                               const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                               rows_view<scalar_of<B>, Dd> dg, arena& scratch) {
    arena::scope here(scratch);
    const auto dsaid = scratch.rows<scalar_of<B>, Dd>("dsaid", s.said.rows());
    projection::weight_gradient(backend, d, s.said, gradient.distill_projection);
    projection::input_gradient(backend, d, p.distill_projection, dsaid);
    nn::row_mean<Dd>::backward(backend, dsaid, dg);
  }
};

}  // namespace sdmae::vit
