// Optical densities: by Beer and Lambert proportional to the amount of stain that light has come through.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

namespace sdmae {

/// −ln(value / 255) of every byte; 0 counts as 1, for no stain is infinitely dense.
inline const std::array<float, 256>& optical_densities() {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> densities{};
    for (int value = 0; value < 256; ++value)
      densities[static_cast<std::size_t>(value)] = static_cast<float>(-std::log(std::max(value, 1) / 255.0));
    return densities;
  }();
  return table;
}

}  // namespace sdmae
