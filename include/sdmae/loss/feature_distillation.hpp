// Self-distillation on features: the decoder's view of an image, at the encoder's width, teaches the encoder.
#pragma once

#include <array>
#include <cmath>

#include "sdmae/loss/concept.hpp"
#include "sdmae/loss/distance.hpp"
#include "sdmae/loss/self_distillation.hpp"

namespace sdmae::loss {

namespace objective {

/// 1 − cos(s, t) of a row. ∂/∂s = −(t̂ − cos·ŝ)/‖s‖ and the same with s and t exchanged, ŝ = s/‖s‖; ‖·‖ at least 1e-12.
struct cosine {
  static constexpr const char* name = "cosine";

  /// Of every row: s·t, and the lengths of s and t. All [R, 1], overwritten.
  template <class T>
  struct facts {
    column_view<T> product, of_student, of_teacher;

    static facts plan(arena& memory, index rows) {
      return {memory.rows<T, 1>("s·t", rows), memory.rows<T, 1>("|s|", rows), memory.rows<T, 1>("|t|", rows)};
    }
    SDMAE_HOST_DEVICE T cos(index r) const { return product(r, 0) / (of_student(r, 0) * of_teacher(r, 0)); }
  };
  template <index K, tensor_backend B>
  static void prepare(B& backend, rows_view<const scalar_of<B>, K> s, rows_view<const scalar_of<B>, K> t,
                      const facts<scalar_of<B>>& f) {
    const auto sum = reduction::sum{};
    backend.reduce_rows(sum, f.product, K, [=] SDMAE_ELEMENT(index r, index c) { return s(r, c) * t(r, c); });
    backend.reduce_rows(sum, f.of_student, K, [=] SDMAE_ELEMENT(index r, index c) { return s(r, c) * s(r, c); });
    backend.reduce_rows(sum, f.of_teacher, K, [=] SDMAE_ELEMENT(index r, index c) { return t(r, c) * t(r, c); });
    backend.map(s.rows(), 1, [=] SDMAE_ELEMENT(index r, index) {
      f.of_student(r, 0) = length_of(f.of_student(r, 0));
      f.of_teacher(r, 0) = length_of(f.of_teacher(r, 0));
    });
  }
  template <class T>
  SDMAE_HOST_DEVICE static T length_of(T square) {
    using std::sqrt;
    const T length = sqrt(square);
    return length > T(1e-12) ? length : T(1e-12);
  }
  /// What entry (r, c) adds to the loss of row r, and ∂/∂s of that loss.
  template <class T>
  SDMAE_HOST_DEVICE static T value(const facts<T>& f, T s, T t, index r, index width) {
    return T(1) / T(width) - s * t / (f.of_student(r, 0) * f.of_teacher(r, 0));
  }
  template <class T>
  SDMAE_HOST_DEVICE static T student_slope(const facts<T>& f, T s, T t, index r, index) {
    return (f.cos(r) * s / f.of_student(r, 0) - t / f.of_teacher(r, 0)) / f.of_student(r, 0);
  }
  template <class T>
  SDMAE_HOST_DEVICE static T teacher_slope(const facts<T>& f, T s, T t, index r, index) {
    return (f.cos(r) * t / f.of_teacher(r, 0) - s / f.of_student(r, 0)) / f.of_teacher(r, 0);
  }
};

/// The mean over a row's entries of a distance of s − t.
template <class Distance>
struct mean_distance {
  static constexpr const char* name = Distance::name;

  template <class T>
  struct facts {
    static facts plan(arena&, index) { return {}; }
  };
  template <index K, tensor_backend B>
  static void prepare(B&, rows_view<const scalar_of<B>, K>, rows_view<const scalar_of<B>, K>,
                      const facts<scalar_of<B>>&) {}
  template <class T>
  SDMAE_HOST_DEVICE static T value(const facts<T>&, T s, T t, index, index width) {
    return Distance::value(s - t) / T(width);
  }
  template <class T>
  SDMAE_HOST_DEVICE static T student_slope(const facts<T>&, T s, T t, index, index width) {
    return Distance::slope(s - t) / T(width);
  }
  template <class T>
  SDMAE_HOST_DEVICE static T teacher_slope(const facts<T>&, T s, T t, index, index width) {
    return -Distance::slope(s - t) / T(width);
  }
};

using smooth_l1 = mean_distance<distance::smooth_l1>;
using squared = mean_distance<distance::squared>;

}  // namespace objective

/// L = the mean over rows, an image's or a token's, of an objective of student and teacher features. The gradient flows
/// through both, or through the student alone.
template <class Objective = objective::cosine, class TeacherGradient = teacher_gradient::flow>
struct feature_distillation : stateless {
  static constexpr unsigned reads = student_output | teacher_output, reaches = TeacherGradient::reaches;
  static constexpr int column_count = 1;
  static constexpr std::array<report_column, 1> columns() { return {"distillation"}; }

  template <tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State&, std::array<double*, column_count> columns,
                arena& scratch) const {
    static_assert(Slice::architecture::says == distilled::features,
                  "sdmae::loss::feature_distillation compares features: give sd_mae a feature_shape, or take "
                  "loss::self_distillation");
    using T = scalar_of<B>;
    constexpr index K = Slice::K;
    arena::scope here(scratch);
    const auto s = slice.student, t = slice.teacher;
    const index rows = s.rows(), each = rows / slice.count;
    const auto f = Objective::template facts<T>::plan(scratch, rows);
    Objective::template prepare<K>(backend, s, t, f);
    backend.reduce_rows(reduction::sum{}, column_view<double>{columns[0] + slice.first, slice.count}, each * K,
                        [=] SDMAE_ELEMENT(index image, index i) {
                          const index r = image * each + i / K;
                          return double(Objective::value(f, s(r, i % K), t(r, i % K), r, K)) / double(each);
                        });
    const auto dstudent = slice.dstudent, dteacher = slice.dteacher;
    const T scale = T(weight / (double(slice.batch) * double(each)));
    backend.map(rows, K, [=] SDMAE_ELEMENT(index r, index c) {
      dstudent(r, c) += scale * Objective::student_slope(f, s(r, c), t(r, c), r, K);
    });
    if constexpr ((reaches & teacher_output) != 0)
      backend.map(rows, K, [=] SDMAE_ELEMENT(index r, index c) {
        dteacher(r, c) += scale * Objective::teacher_slope(f, s(r, c), t(r, c), r, K);
      });
  }
};

}  // namespace sdmae::loss
