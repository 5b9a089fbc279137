// Random masking: every set of masked patches is equally likely.
#pragma once

#include <numeric>

#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"

namespace sdmae::masking {

/// Released SD-MAE by default. He et al. floor the visible count and leave patches in the order drawn:
/// random{.ratio = 0.75, .floored = rounding::kept, .sorted = false}.
struct random {
  double ratio = 0.6;
  rounding floored = rounding::masked;
  bool sorted = true;  // visible patches in ascending order, then the masked ones

  index visible(index patches) const { return visible_count(ratio, patches, floored); }

  void draw(const request& r, std::int32_t* order) const {
    const index n = r.patches();
    random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
    std::iota(order, order + n, 0);
    shuffle(order, n, numbers);
    if (sorted) sort_parts(order, n, visible(n));
  }
};

static_assert(mask_policy<random>);

}  // namespace sdmae::masking
