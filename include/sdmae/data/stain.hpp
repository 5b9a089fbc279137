// Haematoxylin and eosin on a slide: amounts of stain, and the light that they let through.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae::detail {

/// What a pixel belongs to while a tile is composed.
enum class tissue : std::uint8_t { stroma, epithelium, lumen, glass };

/// Amounts of both stains per pixel, in units of optical density along the stains' colors.
struct stained_tile {
  index height, width;
  std::vector<float> hematoxylin, eosin;
  std::vector<tissue> kind;

  stained_tile(index rows, index columns)
      : height(rows),
        width(columns),
        hematoxylin(static_cast<std::size_t>(rows * columns)),
        eosin(hematoxylin.size()),
        kind(hematoxylin.size(), tissue::stroma) {}

  std::size_t at(index y, index x) const { return static_cast<std::size_t>(y * width + x); }

  /// Covers a pixel with tissue of these amounts; `cover` in [0, 1].
  void lay(std::size_t pixel, float h, float e, float cover) {
    hematoxylin[pixel] += (h - hematoxylin[pixel]) * cover;
    eosin[pixel] += (e - eosin[pixel]) * cover;
  }
};

/// Beer–Lambert: I = I0·exp(−(h·H + e·E)) per channel, H and E the stains' optical densities. Each tile has its own
/// slightly different stains, strengths, light and noise, as slides from different days do.
inline void develop(const stained_tile& tile, random_sequence& random, image8& out) {
  // Measured on prostate slides: nuclei, and the pink of collagen and muscle.
  std::array<float, 3> hematoxylin{0.66f, 0.69f, 0.30f}, eosin{0.21f, 0.86f, 0.47f}, light{};
  const double strength_h = std::exp(0.13 * random.normal()), strength_e = std::exp(0.16 * random.normal());
  const double brightness = random.uniform(232, 248);
  for (std::size_t c = 0; c < 3; ++c) {
    hematoxylin[c] *= static_cast<float>(strength_h * (1 + 0.06 * random.normal()));
    eosin[c] *= static_cast<float>(strength_e * (1 + 0.06 * random.normal()));
    light[c] = static_cast<float>(brightness + 2.5 * random.normal());
  }
  const float noise = static_cast<float>(random.uniform(0.5, 1.6));
  for (std::size_t pixel = 0; pixel < tile.hematoxylin.size(); ++pixel) {
    const float h = tile.hematoxylin[pixel], e = tile.eosin[pixel];
    const std::uint32_t bits = random.bits();
    for (std::size_t c = 0; c < 3; ++c) {
      // Three uniform numbers of 3 bits each: nearly normal, variance 15.75 before scaling, mean 10.5.
      const std::uint32_t part = bits >> (9 * c);
      const float sum = static_cast<float>((part & 7u) + (part >> 3 & 7u) + (part >> 6 & 7u)) - 10.5f;
      const float value = light[c] * std::exp(-(h * hematoxylin[c] + e * eosin[c])) + sum * 0.25f * noise;
      out.pixels[pixel * 3 + c] = static_cast<std::uint8_t>(std::clamp(value + 0.5f, 0.0f, 255.0f));
    }
  }
}

}  // namespace sdmae::detail
