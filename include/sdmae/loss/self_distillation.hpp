// The self-distillation loss: the decoder's view of an image teaches the encoder.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "sdmae/backend/elementary.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/loss/concept.hpp"
#include "sdmae/loss/softmax.hpp"

namespace sdmae::loss {

namespace teacher_gradient {
/// The gradient flows through student and teacher (released SD-MAE), or through the student alone (DINO).
struct flow {
  static constexpr const char* name = "flow";
  static constexpr unsigned reaches = student_output | teacher_output;
};
struct stop {
  static constexpr const char* name = "stop";
  static constexpr unsigned reaches = student_output;
};
}  // namespace teacher_gradient

namespace center_from {
/// The center follows the mean of the teacher's probabilities (released SD-MAE), of its scores (DINO, arXiv
/// 2104.14294), or stays zero.
struct probabilities {
  static constexpr const char* name = "probabilities";
};
struct logits {
  static constexpr const char* name = "logits";
};
struct none {
  static constexpr const char* name = "none";
};
}  // namespace center_from

/// With q = softmax((t − center)/τ_t) and ℓ = −log softmax(s/τ_s), per row of scores, an image's or a token's (arXiv
/// 2203.16983, eq. 3 and 4); the mean over rows is
///   L = Σ_k q_k·ℓ_k,
///   ∂L/∂s = (softmax(s/τ_s) − q)/τ_s,   ∂L/∂t = q∘(ℓ − Σ_k q_k·ℓ_k)/τ_t.
/// After each step center ← momentum·center + (1 − momentum)·(mean over the batch's rows of q or t), without gradient.
/// Beside the loss it reports whether it is healthy: the entropies of q and of softmax(s/τ_s), and how many prototypes
/// are the likeliest of some image's teacher. All near ln K: collapse to uniform; near 0 and 1: to one prototype.
template <class TeacherGradient = teacher_gradient::flow, class CenterFrom = center_from::probabilities>
struct self_distillation {
  double student_temperature = 0.1;
  double teacher_temperature = 0.04;
  double first_teacher_temperature = 0;  // where a warm-up starts; a warm-up needs it
  int warmup_epochs = 0;                 // linear, per epoch; 0: none
  double center_momentum = 0.9;

  static constexpr unsigned reads = student_output | teacher_output, reaches = TeacherGradient::reaches;
  static constexpr int column_count = 4;
  static constexpr std::array<report_column, 4> columns() {
    return {"distillation", "teacher_entropy", "student_entropy", report_column("used_prototypes", summary::distinct)};
  }

  template <class T, class Architecture>
  struct state {
    vector_view<T, Architecture::K> center;     // lives from step to step
    vector_view<T, Architecture::K> collected;  // Σ over the batch's rows of q or t
    T* temperatures = nullptr;                  // τ_s, τ_t
    T* rows = nullptr;                          // how many rows have been added to `collected`

    static state plan(arena& memory) {
      return {memory.vector<T, Architecture::K>("center"), memory.vector<T, Architecture::K>("center of the batch"),
              memory.take<T>("temperatures", 2), memory.take<T>("rows of the batch", 1)};
    }
    template <class F>
    void persistent(F f) const {
      f("center", center.data, Architecture::K);
    }
  };

  /// Throws sdmae::error for temperatures that are none.
  void check() const {
    if (!(student_temperature > 0 && teacher_temperature > 0))
      throw error("self_distillation", "student_temperature and teacher_temperature must be above 0",
                  "the released ones are 0.1 and 0.04");
    if (warmup_epochs > 0 && !(first_teacher_temperature > 0))
      throw error("self_distillation", "warmup_epochs without the temperature that the warm-up starts at",
                  "set first_teacher_temperature, above 0, or leave warmup_epochs 0");
  }

  /// τ_t of an epoch, counted from 0: linearly from the first one to `teacher_temperature`, which epoch
  /// `warmup_epochs` − 1 is the first to have, as in DINO's code (arXiv 2104.14294).
  double teacher_temperature_at(index epoch) const {
    if (epoch >= warmup_epochs) return teacher_temperature;
    const double done = double(epoch) / std::max(1.0, double(warmup_epochs - 1));
    return first_teacher_temperature + done * (teacher_temperature - first_teacher_temperature);
  }

  template <tensor_backend B, class State>
  void reset_step(B& backend, const State& s, index epoch) const {
    using T = scalar_of<B>;
    const T temperatures[2] = {T(student_temperature), T(teacher_temperature_at(epoch))};
    backend.copy_in(s.temperatures, temperatures, 2);
    backend.fill(s.collected.data, s.collected.size, T(0));
    backend.fill(s.rows, 1, T(0));
  }

  template <tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State& s,
                std::array<double*, column_count> columns, arena& scratch) const {
    static_assert(Slice::architecture::says == distilled::prototypes,
                  "sdmae::loss::self_distillation compares scores over prototypes: give sd_mae a head_shape, or take "
                  "loss::feature_distillation");
    using T = scalar_of<B>;
    constexpr index K = Slice::K;
    arena::scope here(scratch);
    const index rows = slice.student.rows(), each = rows / slice.count;
    const auto q = scratch.template rows<T, K>("teacher probabilities", rows);
    const auto l = scratch.template rows<T, K>("student surprise", rows);
    const auto row_loss = scratch.template rows<double, 1>("row loss", rows);
    probabilities<B, K>(backend, slice.teacher, s, q, scratch);
    surprise<B, K>(backend, slice.student, s, l, scratch);
    backend.reduce_rows(reduction::sum{}, row_loss, K,
                        [=] SDMAE_ELEMENT(index r, index c) { return double(q(r, c)) * double(l(r, c)); });
    backend.reduce_rows(
        reduction::sum{}, column_view<double>{columns[0] + slice.first, slice.count}, each,
        [=] SDMAE_ELEMENT(index image, index t) { return row_loss(image * each + t, 0) / double(each); });
    diagnose<K>(backend, slice, q, l, columns);
    collect<B, K>(backend, q, slice.teacher, s);

    const T* const temperatures = s.temperatures;
    const auto dstudent = slice.dstudent, dteacher = slice.dteacher;
    const T scale = T(weight / (double(slice.batch) * double(each)));
    backend.map(rows, K, [=] SDMAE_ELEMENT(index r, index c) {
      dstudent(r, c) += scale * (elementary::exp(-l(r, c)) - q(r, c)) / temperatures[0];
    });
    if constexpr ((reaches & teacher_output) != 0)  // ∂L/∂t
      backend.map(rows, K, [=] SDMAE_ELEMENT(index r, index c) {
        dteacher(r, c) += scale * q(r, c) * (l(r, c) - T(row_loss(r, 0))) / temperatures[1];
      });
  }

  /// Of each image, the mean entropies of its rows and the prototype that its teacher finds likeliest.
  template <index K, tensor_backend B, class Slice>
  static void diagnose(B& backend, const Slice& slice, rows_view<const scalar_of<B>, K> q,
                       rows_view<const scalar_of<B>, K> l, std::array<double*, column_count> columns) {
    using T = scalar_of<B>;
    const index each = q.rows() / slice.count;
    const auto column = [&](std::size_t i) { return column_view<double>{columns[i] + slice.first, slice.count}; };
    backend.reduce_rows(reduction::sum{}, column(1), each * K, [=] SDMAE_ELEMENT(index image, index i) {
      const T p = q(image * each + i / K, i % K);
      return -double(p) * double(elementary::log(p > T(0) ? p : T(1))) / double(each);
    });
    backend.reduce_rows(reduction::sum{}, column(2), each * K, [=] SDMAE_ELEMENT(index image, index i) {
      const T surprise = l(image * each + i / K, i % K);
      return double(elementary::exp(-surprise)) * double(surprise) / double(each);
    });
    const auto likeliest = column(3);
    backend.map(slice.count, 1, [=] SDMAE_ELEMENT(index image, index) {
      T largest = -1;
      for (index k = 0; k < K; ++k) {
        T sum = 0;
        for (index t = 0; t < each; ++t) sum += q(image * each + t, k);
        if (sum > largest) {
          largest = sum;
          likeliest(image, 0) = double(k);
        }
      }
    });
  }

  /// Moves the center by what has been evaluated since reset_step.
  template <tensor_backend B, class State>
  void end_step(B& backend, const State& s, index /*batch*/) const {
    using T = scalar_of<B>;
    if constexpr (!std::is_same_v<CenterFrom, center_from::none>) {
      const auto center = s.center;
      const auto collected = s.collected;
      const T keep = T(center_momentum), add = T(1.0 - center_momentum);
      const T* const rows = s.rows;
      backend.map(1, center.size,
                  [=] SDMAE_ELEMENT(index, index c) { center(c) = keep * center(c) + add * (collected(c) / rows[0]); });
    }
  }

  /// q = softmax((t − center)/τ_t), row by row.
  template <tensor_backend B, index K, class State>
  static void probabilities(B& backend, rows_view<const scalar_of<B>, K> teacher, const State& s,
                            rows_view<scalar_of<B>, K> q, arena& scratch) {
    using T = scalar_of<B>;
    const T* const temperatures = s.temperatures;
    const vector_view<const T, K> center = s.center;
    backend.map(q.rows(), K,
                [=] SDMAE_ELEMENT(index r, index c) { q(r, c) = (teacher(r, c) - center(c)) / temperatures[1]; });
    const exponential_sum<T> sum = add_exponentials<B, K>(backend, q, K, scratch);
    backend.map(q.rows(), K, [=] SDMAE_ELEMENT(index r, index c) {
      q(r, c) = elementary::exp(q(r, c) - sum.largest(r, 0)) / T(sum.total(r, 0));
    });
  }

  /// l = −log softmax(s/τ_s), row by row.
  template <tensor_backend B, index K, class State>
  static void surprise(B& backend, rows_view<const scalar_of<B>, K> student, const State& s,
                       rows_view<scalar_of<B>, K> l, arena& scratch) {
    using T = scalar_of<B>;
    const T* const temperatures = s.temperatures;
    backend.map(l.rows(), K, [=] SDMAE_ELEMENT(index r, index c) { l(r, c) = student(r, c) / temperatures[0]; });
    const exponential_sum<T> sum = add_exponentials<B, K>(backend, l, K, scratch);
    backend.map(l.rows(), 1, [=] SDMAE_ELEMENT(index r, index) { sum.total(r, 0) = elementary::log(sum.total(r, 0)); });
    backend.map(l.rows(), K,
                [=] SDMAE_ELEMENT(index r, index c) { l(r, c) = T(sum.total(r, 0)) - (l(r, c) - sum.largest(r, 0)); });
  }

  /// Adds what the center follows to the batch's sum, row by row.
  template <tensor_backend B, index K, class State>
  static void collect(B& backend, rows_view<const scalar_of<B>, K> q, rows_view<const scalar_of<B>, K> teacher,
                      const State& s) {
    if constexpr (!std::is_same_v<CenterFrom, center_from::none>) {
      using T = scalar_of<B>;
      const auto followed = std::is_same_v<CenterFrom, center_from::probabilities> ? q : teacher;
      backend.reduce_columns(s.collected.data, q.rows(), K,
                             [=] SDMAE_ELEMENT(index r, index c) { return followed(r, c); });
      T* const rows = s.rows;
      const T added = T(q.rows());
      backend.map(1, 1, [=] SDMAE_ELEMENT(index, index) { rows[0] += added; });
    }
  }
};

}  // namespace sdmae::loss
