// How many patches a ratio masks, and the last step of every draw.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/masking/concept.hpp"

namespace sdmae::masking {

/// Which of the two counts is floored: floor(ratio·N) are masked (released SD-MAE), or floor((1 − ratio)·N) stay
/// visible (He et al., arXiv 2111.06377).
enum class rounding { masked, kept };

/// How many of `patches` stay visible. Throws sdmae::error for a ratio outside [0, 1) or one that leaves nothing.
inline index visible_count(double ratio, index patches, rounding floored = rounding::masked) {
  const double n = double(patches), masked = std::floor(ratio * n), kept = std::floor((1 - ratio) * n);
  const double visible = floored == rounding::masked ? n - masked : kept;
  if (!(ratio >= 0 && visible >= 1 && visible <= n))
    throw error("mask ratio", "at least one of " + std::to_string(patches) + " patches must stay visible",
                "choose a ratio from 0 to below 1");
  return static_cast<index>(visible);
}

/// Visible patches in ascending order, then the masked ones.
inline void sort_parts(std::int32_t* order, index patches, index visible) {
  std::sort(order, order + visible);
  std::sort(order + visible, order + patches);
}

}  // namespace sdmae::masking
