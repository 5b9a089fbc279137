// Self-distillation over prototypes: a projection head on either side.
#pragma once

#include "sdmae/vit/projection_head.hpp"

namespace sdmae::vit {

/// What a student of width D and a teacher of width Dd say of visible tokens: student = head_e(e), teacher = head_d(g),
/// scores over prototypes (arXiv 2203.16983, §3.2).
template <index D, index Dd, head_shape Head>
struct prototype_distillation {
  static constexpr distilled kind = distilled::prototypes;
  static constexpr index K = Head.prototypes;
  using student_head = projection_head<D, Head>;
  using teacher_head = projection_head<Dd, Head>;

  template <class T>
  struct parameters {
    typename student_head::template parameters<T> student;
    typename teacher_head::template parameters<T> teacher;

    /// Names are the released checkpoint's, its spelling of decoder_proh_head included.
    template <class Walk>
    constexpr void each(Walk& walk) {
      walk.reached_by = student_output;
      walk("encoder_proj_head", student);
      walk.reached_by = teacher_output;
      walk("decoder_proh_head", teacher);
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

  template <class T>
  struct saved {
    typename student_head::template saved<T> student;
    typename teacher_head::template saved<T> teacher;

    static saved plan(arena& memory, index images, index rows, unsigned asked) {
      saved s;
      if (asked & student_output)
        s.student = student_head::template saved<T>::plan(memory, "student head", images, rows);
      if (asked & teacher_output)
        s.teacher = teacher_head::template saved<T>::plan(memory, "teacher head", images, rows);
      return s;
    }
    rows_view<const T, K> student_output_rows() const { return student.scores; }
    rows_view<const T, K> teacher_output_rows() const { return teacher.scores; }
  };

  template <tensor_backend B>
  static void prepare(B& backend, const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made) {
    student_head::prototypes::prepare(backend, p.student.last_layer, made.student);
    teacher_head::prototypes::prepare(backend, p.teacher.last_layer, made.teacher);
  }

  /// e: [B·V, D]; g: [B·V, Dd].
  template <tensor_backend B>
  static void student_forward(B& backend, rows_view<const scalar_of<B>, D> e, const parameters<scalar_of<B>>& p,
                              const prepared<scalar_of<B>>& made, const saved<scalar_of<B>>& s) {
    student_head::forward(backend, e, p.student, made.student, s.student);
  }
  template <tensor_backend B>
  static void teacher_forward(B& backend, rows_view<const scalar_of<B>, Dd> g, const parameters<scalar_of<B>>& p,
                              const prepared<scalar_of<B>>& made, const saved<scalar_of<B>>& s) {
    teacher_head::forward(backend, g, p.teacher, made.teacher, s.teacher);
  }

  /// de += the gradient of e, dg += that of g; parameter gradients are accumulated.
  template <tensor_backend B>
  static void student_backward(B& backend, rows_view<const scalar_of<B>, K> d, rows_view<const scalar_of<B>, D> e,
                               const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                               const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                               rows_view<scalar_of<B>, D> de, arena& scratch) {
    student_head::backward(backend, d, e, p.student, made.student, s.student, gradient.student, de, scratch);
  }
  template <tensor_backend B>
  static void teacher_backward(B& backend, rows_view<const scalar_of<B>, K> d, rows_view<const scalar_of<B>, Dd> g,
                               const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                               const saved<scalar_of<B>>& s, const parameters<scalar_of<B>>& gradient,
                               rows_view<scalar_of<B>, Dd> dg, arena& scratch) {
    teacher_head::backward(backend, d, g, p.teacher, made.teacher, s.teacher, gradient.teacher, dg, scratch);
  }

  /// Turns what backward has collected for the prototypes into gradients of their parameters. Once a step.
  template <tensor_backend B>
  static void finish(B& backend, const parameters<scalar_of<B>>& p, const prepared<scalar_of<B>>& made,
                     const parameters<scalar_of<B>>& gradient, arena& scratch) {
    student_head::prototypes::finish(backend, p.student.last_layer, made.student, gradient.student.last_layer, scratch);
    teacher_head::prototypes::finish(backend, p.teacher.last_layer, made.teacher, gradient.teacher.last_layer, scratch);
  }
};

}  // namespace sdmae::vit
