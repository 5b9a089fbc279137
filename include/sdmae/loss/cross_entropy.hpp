// The loss of a classifier: cross-entropy with labels that may be soft, as those of mixed images are, and smoothed.
#pragma once

#include <array>

#include "sdmae/backend/elementary.hpp"
#include "sdmae/loss/concept.hpp"
#include "sdmae/loss/softmax.hpp"

namespace sdmae::loss {

/// With C classes, scores z, labels t and smoothing ε (Szegedy et al., arXiv 1512.00567, §7),
///   q = (1 − ε)·t + ε/C,   L = −Σ_c q_c·log softmax(z)_c,   ∂L/∂z = softmax(z)·Σ_c q_c − q,
/// over the first C of the K scores that the architecture has room for; the others get no gradient. Beside the loss it
/// reports whether the largest score is that of the largest label, the first of equals each.
struct cross_entropy : stateless {
  double smoothing = 0.1;
  index classes = 0;  // C; 0: K

  static constexpr unsigned reads = student_output | teacher_output, reaches = student_output;
  static constexpr int column_count = 2;
  static constexpr std::array<report_column, 2> columns() { return {"cross_entropy", "accuracy"}; }

  template <tensor_backend B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State&, std::array<double*, column_count> columns,
                arena& scratch) const {
    static_assert(Slice::architecture::says == distilled::classes,
                  "sdmae::loss::cross_entropy judges scores of classes by labels: give it a vit_classifier");
    using T = scalar_of<B>;
    constexpr index K = Slice::K;
    arena::scope here(scratch);
    const index C = classes > 0 ? classes : K, rows = slice.student.rows();
    const auto z = slice.student, t = slice.teacher;
    const auto dz = slice.dstudent;
    const exponential_sum<T> sum = add_exponentials<B, K>(backend, z, C, scratch);
    const auto label_sum = scratch.template rows<double, 1>("sum of labels", rows);
    const double kept = 1.0 - smoothing, spread = smoothing / double(C);
    const auto q = [=] SDMAE_ELEMENT(index r, index c) { return kept * double(t(r, c)) + spread; };
    backend.reduce_rows(reduction::sum{}, label_sum, C, q);
    backend.reduce_rows(reduction::sum{}, column_view<double>{columns[0] + slice.first, rows}, C,
                        [=] SDMAE_ELEMENT(index r, index c) {
                          const double below = double(z(r, c)) - double(sum.largest(r, 0));
                          return q(r, c) * (elementary::log(sum.total(r, 0)) - below);
                        });
    const T scale = T(weight / double(slice.batch));
    backend.map(rows, C, [=] SDMAE_ELEMENT(index r, index c) {
      const double p = double(elementary::exp(z(r, c) - sum.largest(r, 0))) / sum.total(r, 0);
      dz(r, c) += scale * T(p * label_sum(r, 0) - q(r, c));
    });
    const column_view<double> right{columns[1] + slice.first, rows};
    backend.map(rows, 1, [=] SDMAE_ELEMENT(index r, index) {
      index said = 0, shown = 0;
      for (index c = 1; c < C; ++c) {
        if (z(r, c) > z(r, said)) said = c;
        if (t(r, c) > t(r, shown)) shown = c;
      }
      right(r, 0) = said == shown ? 1.0 : 0.0;
    });
  }
};

}  // namespace sdmae::loss
