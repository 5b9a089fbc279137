// Smooth random textures for synthetic tissue.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "sdmae/core/random.hpp"

namespace sdmae::detail {

/// Value noise: random numbers on a lattice of whole coordinates, smoothly interpolated. Values lie in [0, 1], features
/// are about one unit large.
class value_noise {
 public:
  explicit value_noise(random_sequence& random) {
    for (std::size_t i = 0; i < 256; i += 4) {
      const std::uint32_t bits = random.bits(), order = random.bits();
      for (std::size_t k = 0; k < 4; ++k) {
        values_[i + k] = static_cast<float>((bits >> (8 * k)) & 255u) / 255.0f;
        hash_[i + k] = static_cast<std::uint8_t>(order >> (8 * k));
      }
    }
  }

  float operator()(float x, float y) const {
    const float left = std::floor(x), top = std::floor(y);
    const int column = static_cast<int>(left), row = static_cast<int>(top);
    const float u = smooth(x - left), v = smooth(y - top);
    const float upper = mix(at(column, row), at(column + 1, row), u);
    const float lower = mix(at(column, row + 1), at(column + 1, row + 1), u);
    return mix(upper, lower, v);
  }

 private:
  static float smooth(float t) { return t * t * (3 - 2 * t); }
  static float mix(float a, float b, float t) { return a + (b - a) * t; }

  float at(int x, int y) const {
    const auto hashed = hash_[static_cast<std::size_t>(x & 255)] + static_cast<unsigned>(y);
    return values_[(hash_[hashed & 255u] + static_cast<unsigned>(x)) & 255u];
  }

  std::array<float, 256> values_;
  std::array<std::uint8_t, 256> hash_;
};

}  // namespace sdmae::detail
