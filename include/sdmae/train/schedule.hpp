// The learning rate over a run.
#pragma once

#include <algorithm>
#include <cmath>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// Linear warm-up from 0, then half a cosine down to a floor (Loshchilov and Hutter, arXiv 1608.03983), per step t = 0,
/// 1, … of T with W of warm-up:
///   lr(t) = peak·t/max(W − 1, 1) for t < W,  floor + ½(peak − floor)(1 + cos(π(t − W)/(T − W))) from there.
/// A floor above the peak counts as the peak. total_steps 0: constant at the peak.
struct cosine_schedule {
  double peak = 0;
  double floor = 0;
  index warmup_steps = 0;
  index total_steps = 0;

  double at(index step) const {
    if (total_steps == 0) return peak;
    const double low = std::min(floor, peak);
    if (step < warmup_steps) return peak * double(step) / double(std::max<index>(warmup_steps - 1, 1));
    const double done = double(step - warmup_steps) / double(std::max<index>(total_steps - warmup_steps, 1));
    return low + 0.5 * (peak - low) * (1.0 + std::cos(3.14159265358979323846 * std::min(done, 1.0)));
  }
};

}  // namespace sdmae
