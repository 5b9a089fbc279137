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

  /// Of every row: s·t, and the lengths of s and t. All [R, 1], overwritten; in double, whatever T is.
  template <class T>
  struct facts {
    column_view<double> product, of_student, of_teacher;

    static facts plan(arena& memory, index rows) {
      const auto column = [&](const char* name) { return memory.rows<double, 1>(name, rows); };
      return {column("s·t"), column("|s|"), column("|t|")};
    }
    SDMAE_HOST_DEVICE double cos(index r) const { return product(r, 0) / (of_student(r, 0) * of_teacher(r, 0)); }
  };
  template <index K, tensor_backend B>
  static void prepare(B& backend, rows_view<const scalar_of<B>, K> s, rows_view<const scalar_of<B>, K> t,
                      const facts<scalar_of<B>>& f) {
    const auto sum = reduction::sum{};
    backend.reduce_rows(sum, f.product, K,
                        [=] SDMAE_ELEMENT(index r, index c) { return double(s(r, c)) * double(t(r, c)); });
    backend.reduce_rows(sum, f.of_student, K,
                        [=] SDMAE_ELEMENT(index r, index c) { return double(s(r, c)) * double(s(r, c)); });
    backend.reduce_rows(sum, f.of_teacher, K,
                        [=] SDMAE_ELEMENT(index r, index c) { return double(t(r, c)) * double(t(r, c)); });
    backend.map(s.rows(), 1, [=] SDMAE_ELEMENT(index r, index) {
      f.of_student(r, 0) = length_of(f.of_student(r, 0));
      f.of_teacher(r, 0) = length_of(f.of_teacher(r, 0));
    });
  }
  SDMAE_HOST_DEVICE static double length_of(double square) {
    using std::sqrt;
    const double length = sqrt(square);
    return length > 1e-12 ? length : 1e-12;
  }
  /// What entry (r, c) adds to the loss of row r, and ∂/∂s of that loss.
  template <class T>
  SDMAE_HOST_DEVICE static double value(const facts<T>& f, T s, T t, index r, index width) {
    return 1.0 / double(width) - double(s) * double(t) / (f.of_student(r, 0) * f.of_teacher(r, 0));
  }
  template <class T>
  SDMAE_HOST_DEVICE static T student_slope(const facts<T>& f, T s, T t, index r, index) {
    return T((f.cos(r) * double(s) / f.of_student(r, 0) - double(t) / f.of_teacher(r, 0)) / f.of_student(r, 0));
  }
  template <class T>
  SDMAE_HOST_DEVICE static T teacher_slope(const facts<T>& f, T s, T t, index r, index) {
    return T((f.cos(r) * double(t) / f.of_teacher(r, 0) - double(s) / f.of_student(r, 0)) / f.of_teacher(r, 0));
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
  SDMAE_HOST_DEVICE static double value(const facts<T>&, T s, T t, index, index width) {
    return Distance::value(double(s) - double(t)) / double(width);
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
                          return Objective::value(f, s(r, i % K), t(r, i % K), r, K) / double(each);
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
