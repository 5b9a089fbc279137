// Random masking: every set of masked patches is equally likely.
#pragma once

#include <numeric>

#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"

namespace sdmae::masking {

/// Released SD-MAE by default; see he_et_al for the other.
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

/// He et al.'s (arXiv 2111.06377): floor(N·(1 − ratio)) patches stay, in the order drawn.
inline random he_et_al(double ratio) { return {.ratio = ratio, .floored = rounding::kept, .sorted = false}; }

static_assert(mask_policy<random>);

}  // namespace sdmae::masking
