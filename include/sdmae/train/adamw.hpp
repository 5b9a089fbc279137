// AdamW's settings, and which parameters it touches.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "sdmae/backend/defaults/adamw.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae {

/// Settings of AdamW (Loshchilov and Hutter, arXiv 1711.05101); defaults are the released recipe's.
struct adamw {
  double learning_rate = 6e-4;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.05;
  double clip_norm = 0;  // a gradient with a larger L2 norm is scaled down to it; 0: never

  /// The numbers of update t = 1, 2, … at a learning rate, for a gradient with this norm over all parameters.
  template <class T>
  adamw_numbers<T> numbers(index update, double rate, double gradient_norm = 0) const {
    const double correction1 = 1.0 - std::pow(beta1, double(update)),
                 correction2 = 1.0 - std::pow(beta2, double(update));
    return {.keep = T(1.0 - rate * weight_decay),
            .beta1 = T(beta1),
            .beta1_complement = T(1.0 - beta1),
            .beta2 = T(beta2),
            .beta2_complement = T(1.0 - beta2),
            .step = T(rate / correction1),
            .inverse_root_correction = T(1.0 / std::sqrt(correction2)),
            .epsilon = T(epsilon),
            .gradient_scale = T(gradient_scale(gradient_norm))};
  }

  /// As PyTorch's clip_grad_norm_: min(1, clip/(norm + 1e-6)).
  double gradient_scale(double norm) const {
    return clip_norm > 0 && norm > clip_norm ? std::min(1.0, clip_norm / (norm + 1e-6)) : 1.0;
  }
};

/// The pieces of the flat buffers that an update touches: trained parameters that a loss with a weight reaches (bits of
/// outputs). What no loss reaches stays as it is: no decay either. group_of(parameter): whose numbers update it.
/// Neighbours of one group that decay alike are one piece.
template <class Groups>
std::vector<adamw_segment> adamw_segments(std::span<const parameter> table, unsigned reached, Groups group_of) {
  constexpr index grain = detail::table_walk::grain;
  std::vector<adamw_segment> segments;
  for (const parameter& row : table) {
    if (!row.traits.trained || (row.reached_by & reached) == 0) continue;
    const auto group = static_cast<std::int32_t>(group_of(row));
    if (!segments.empty()) {
      adamw_segment& last = segments.back();
      const index padded_end = (last.offset + last.count + grain - 1) / grain * grain;
      if (last.decays == row.traits.decays && last.group == group && row.offset == padded_end) {
        last.count = row.offset + row.count() - last.offset;
        continue;
      }
    }
    segments.push_back({row.offset, row.count(), row.traits.decays, group});
  }
  return segments;
}
/// All of one group.
inline std::vector<adamw_segment> adamw_segments(std::span<const parameter> table, unsigned reached) {
  return adamw_segments(table, reached, [](const parameter&) { return 0; });
}

}  // namespace sdmae
