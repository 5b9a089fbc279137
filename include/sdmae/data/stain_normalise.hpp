// Stain normalisation: the tissue of every tile gets the same mean and spread of optical density, whichever laboratory
// stained it and whichever scanner took it. After Reinhard et al., "Color transfer between images" (IEEE CG&A 2001),
// between whose pictures logarithms of color are matched in the same way, and of tissue alone, for glass has no stain.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "sdmae/data/image.hpp"
#include "sdmae/data/stain_jitter.hpp"

namespace sdmae {

/// Mean and standard deviation of the optical densities −ln(I/255) of tissue, of red, green and blue.
struct stain_statistics {
  std::array<double, 3> mean{}, deviation{};
};

/// Those of a tile of common haematoxylin and eosin; and how dense, red, green and blue together, a pixel of tissue is
/// at least.
inline constexpr stain_statistics usual_stain{{0.35, 0.62, 0.35}, {0.25, 0.30, 0.20}};
inline constexpr float least_tissue_density = 0.3f;

/// Changes `image` in place. With m and s the mean and deviation over its pixels of tissue, of each channel, a pixel of
/// tissue of density d becomes d' = M + S·(d − m)/(s + 0.001), at least 0, and I' = 255·exp(−d'), rounded; M and S are
/// the target's. Glass stays as it is, and so does a tile of which less than 1 % is tissue: it says too little of its
/// stain.
inline void normalise_stain(image8& image, const stain_statistics& target = usual_stain) {
  static const std::array<float, 256> density = detail::optical_densities();
  const index pixels = image.height * image.width;
  const auto is_tissue = [&](const std::uint8_t* rgb) {
    return density[rgb[0]] + density[rgb[1]] + density[rgb[2]] > least_tissue_density;
  };
  std::array<std::array<index, 256>, 3> histogram{};
  index tissue = 0;
  for (index i = 0; i < pixels; ++i) {
    const std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    if (!is_tissue(rgb)) continue;
    ++tissue;
    for (std::size_t c = 0; c < 3; ++c) ++histogram[c][rgb[c]];
  }
  if (tissue * 100 < pixels || tissue == 0) return;

  std::array<std::array<std::uint8_t, 256>, 3> changed{};
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t v = 0; v < 256; ++v) {
      const double d = density[v], count = static_cast<double>(histogram[c][v]);
      sum += count * d;
      squares += count * d * d;
    }
    const double mean = sum / static_cast<double>(tissue);
    const double deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(tissue) - mean * mean));
    for (std::size_t v = 0; v < 256; ++v) {
      const double d = target.mean[c] + target.deviation[c] * (density[v] - mean) / (deviation + 1e-3);
      changed[c][v] = static_cast<std::uint8_t>(255 * std::exp(-std::max(d, 0.0)) + 0.5);
    }
  }
  for (index i = 0; i < pixels; ++i) {
    std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    if (is_tissue(rgb))
      for (std::size_t c = 0; c < 3; ++c) rgb[c] = changed[c][rgb[c]];
  }
}

inline image8 with_normal_stain(image8 image) {
  normalise_stain(image);
  return image;
}

}  // namespace sdmae
