// No masking: a classifier sees the whole image.
#pragma once

#include <numeric>

#include "sdmae/masking/concept.hpp"

namespace sdmae::masking {

/// Every patch is visible, in reading order.
struct none {
  index visible(index patches) const { return patches; }
  void draw(const request& r, std::int32_t* order) const { std::iota(order, order + r.patches(), 0); }
};

static_assert(mask_policy<none>);

}  // namespace sdmae::masking
