// Random masking: every set of masked patches is equally likely.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/masking/concept.hpp"

namespace sdmae::masking {

/// floor(ratio·N) patches are masked (released SD-MAE). Visible patches come in ascending order, then the masked ones.
struct random {
  double ratio = 0.6;

  /// Throws sdmae::error for a ratio outside [0, 1) or one that leaves nothing visible.
  index visible(index patches) const {
    const double masked = std::floor(ratio * double(patches));
    if (!(masked >= 0 && masked < double(patches)))
      throw error("mask ratio", "at least one of " + std::to_string(patches) + " patches must stay visible",
                  "choose a ratio from 0 to below 1");
    return patches - static_cast<index>(masked);
  }

  void draw(const request& r, std::int32_t* order) const {
    const index n = r.patches(), keep = visible(n);
    random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
    std::iota(order, order + n, 0);
    shuffle(order, n, numbers);
    std::sort(order, order + keep);
    std::sort(order + keep, order + n);
  }
};

static_assert(mask_policy<random>);

}  // namespace sdmae::masking
