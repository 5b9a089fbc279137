// Fixed position tables.
#pragma once

#include <cmath>
#include <vector>

#include "sdmae/core/config.hpp"

namespace sdmae::vit {

/// [count, width], row-major: even columns sin, odd columns cos of i / 10000^(2·floor(j/2)/width) for position i and
/// column j (Vaswani et al., arXiv 1706.03762, §3.5). Computed in double.
template <class T>
std::vector<T> sinusoid_1d(index count, index width) {
  std::vector<T> table(static_cast<std::size_t>(count * width));
  for (index i = 0; i < count; ++i)
    for (index j = 0; j < width; ++j) {
      const double angle = double(i) / std::pow(10000.0, 2.0 * double(j / 2) / double(width));
      table[static_cast<std::size_t>(i * width + j)] = T(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return table;
}

}  // namespace sdmae::vit
