// Default bodies of what an optimiser does to flat buffers: the norm of the gradient and AdamW (Loshchilov and Hutter,
// arXiv 1711.05101).
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "sdmae/backend/concept.hpp"

namespace sdmae {

/// What AdamW reads from memory at every step, so that a captured step can be replayed with other numbers. Differences
/// from 1 are taken in double before they are rounded: 1 − 0.999 in float is off by 1e-5.
template <class T>
struct adamw_numbers {
  T keep;                     // 1 − lr·decay
  T beta1, beta1_complement;  // β₁, 1 − β₁
  T beta2, beta2_complement;  // β₂, 1 − β₂
  T step;                     // lr/(1 − β₁ᵗ), t = 1, 2, …
  T inverse_root_correction;  // 1/√(1 − β₂ᵗ)
  T epsilon;
  T gradient_scale;  // 1, or less where the gradient is clipped
};

/// Values [offset, offset + count) of the flat buffers, all decayed or none, all updated by the numbers of one group.
struct adamw_segment {
  index offset = 0, count = 0;
  bool decays = false;
  std::int32_t group = 0;
};

/// The flat buffers of a model under training, equal in layout.
template <class T>
struct adamw_buffers {
  T* weights;
  const T* gradients;
  T* first_moments;
  T* second_moments;
};

namespace defaults {

template <class Self, class T>
class adamw {
 public:
  /// Doubles of workspace that sum_of_squares needs for `count` values.
  static constexpr index sum_of_squares_workspace(index count) { return 1 + (count + chunk - 1) / chunk; }

  /// workspace[0] = Σ values[i]², summed in double: the squared norm of a gradient.
  void sum_of_squares(const T* values, index count, double* workspace) {
    const column_view<double> total{workspace, 1}, partial{workspace + 1, (count + chunk - 1) / chunk};
    self().reduce_rows(reduction::sum{}, partial, chunk, [=] SDMAE_ELEMENT(index r, index c) {
      const index i = r * chunk + c;
      return i < count ? double(values[i]) * double(values[i]) : 0.0;
    });
    self().reduce_rows(reduction::sum{}, total, partial.rows(),
                       [=] SDMAE_ELEMENT(index, index c) { return partial(c, 0); });
  }

  /// g ← scale·gradient; m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w·(1 − lr·decay) − lr/(1−β₁ᵗ) · m/(√v/√(1−β₂ᵗ) +
  /// ε). Touches the segments only. `numbers`, one for each group, stand in the backend's memory.
  void adamw_update(std::span<const adamw_segment> segments, adamw_buffers<T> buffers,
                    const adamw_numbers<T>* numbers) {
    for (const adamw_segment& segment : segments) {
      const bool decays = segment.decays;
      const index offset = segment.offset;
      const adamw_numbers<T>* const of_group = numbers + segment.group;
      self().map(segment.count, 1, [=] SDMAE_ELEMENT(index r, index) {
        using std::sqrt;
        const adamw_numbers<T>& n = *of_group;
        const T g = n.gradient_scale * buffers.gradients[offset + r];
        T& w = buffers.weights[offset + r];
        T& m = buffers.first_moments[offset + r];
        T& v = buffers.second_moments[offset + r];
        m = n.beta1 * m + n.beta1_complement * g;
        v = n.beta2 * v + n.beta2_complement * g * g;
        w = (decays ? n.keep * w : w) - n.step * (m / (sqrt(v) * n.inverse_root_correction + n.epsilon));
      });
    }
  }

 private:
  static constexpr index chunk = 4096;
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace defaults
}  // namespace sdmae
