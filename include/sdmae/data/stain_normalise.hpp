// Stain normalisation: the tissue of every tile gets about the same mean and spread of optical density, whichever
// laboratory stained it and whichever scanner took it. Reinhard et al., "Color transfer between images" (IEEE CG&A
// 2001), match mean and deviation in decorrelated logarithms of color; here they are matched in optical density, which
// is proportional to the amount of stain, channel by channel, and over tissue alone.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

#include "sdmae/data/image.hpp"
#include "sdmae/data/optical_density.hpp"

namespace sdmae {

/// Mean and standard deviation of the optical densities −ln(I/255) of tissue, of red, green and blue.
struct stain_statistics {
  std::array<double, 3> mean{}, deviation{};
};

/// Those of common haematoxylin and eosin.
inline constexpr stain_statistics reference_stain{{0.35, 0.62, 0.35}, {0.25, 0.30, 0.20}};

namespace detail {

using byte_histograms = std::array<std::array<index, 256>, 3>;

/// Of red, green and blue together.
inline float whole_density(const std::array<float, 256>& density, const std::uint8_t* rgb) {
  return density[rgb[0]] + density[rgb[1]] + density[rgb[2]];
}
/// What that of tissue exceeds, and what it stays below: pure black is padding, and a little
/// of it would outweigh the tissue.
inline constexpr float least_density = 0.3f, most_density = 16.6f;

inline stain_statistics statistics_of(const byte_histograms& histograms, index pixels) {
  const std::array<float, 256>& densities = optical_densities();
  stain_statistics found;
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t v = 0; v < 256; ++v) {
      const double density = densities[v], count = static_cast<double>(histograms[c][v]);
      sum += count * density;
      squares += count * density * density;
    }
    found.mean[c] = sum / static_cast<double>(pixels);
    const double variance = squares / static_cast<double>(pixels) - found.mean[c] * found.mean[c];
    found.deviation[c] = std::sqrt(std::max(0.0, variance));
  }
  return found;
}

}  // namespace detail

/// Of the pixels of tissue: their densities come to more than 0.3 in all, and they are not pure black. Nothing for
/// pictures that say too little of their stain: less than 1 % is tissue, or its density deviates by less than 0.02 in
/// every channel, as that of grey glass does by noise.
inline std::optional<stain_statistics> measure_stain(const image8& image) {
  const std::array<float, 256>& densities = optical_densities();
  const index pixels = image.height * image.width;
  detail::byte_histograms histograms{};
  index tissue = 0;
  for (index i = 0; i < pixels; ++i) {
    const std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    const float density = detail::whole_density(densities, rgb);
    if (!(density > detail::least_density && density < detail::most_density)) continue;
    ++tissue;
    for (std::size_t c = 0; c < 3; ++c) ++histograms[c][rgb[c]];
  }
  if (tissue == 0 || tissue * 100 < pixels) return std::nullopt;
  const stain_statistics found = detail::statistics_of(histograms, tissue);
  if (*std::max_element(found.deviation.begin(), found.deviation.end()) < 0.02) return std::nullopt;
  return found;
}

/// Changes `image` in place. With m and s the mean and deviation of a channel, see measure_stain, density d becomes
///   d' = M + S·(d − m)/(s + 0.001), at least 0,   I' = 255·exp(−d'), rounded,
/// where the densities of a pixel come to more than 0.3 in all; M and S are the target's. Paler pixels, white glass,
/// stay as they are; so do pictures that say too little of their stain. Grey glass, below about 230 in every channel,
/// is as dense as pale tissue and is taken for it: it enters the statistics and is tinted. What would be paler than
/// white becomes white, by which the mean rises and the spread falls a little.
inline void normalise_stain(image8& image, const stain_statistics& target = reference_stain) {
  const std::optional<stain_statistics> found = measure_stain(image);
  if (!found) return;
  const std::array<float, 256>& densities = optical_densities();
  std::array<std::array<std::uint8_t, 256>, 3> changed{};
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t v = 0; v < 256; ++v) {
      const double above = densities[v] - found->mean[c];
      const double density = target.mean[c] + target.deviation[c] * above / (found->deviation[c] + 1e-3);
      changed[c][v] = static_cast<std::uint8_t>(255 * std::exp(-std::max(density, 0.0)) + 0.5);
    }
  const index pixels = image.height * image.width;
  for (index i = 0; i < pixels; ++i) {
    std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    if (detail::whole_density(densities, rgb) > detail::least_density)
      for (std::size_t c = 0; c < 3; ++c) rgb[c] = changed[c][rgb[c]];
  }
}

inline image8 with_normalised_stain(image8 image) {
  normalise_stain(image);
  return image;
}

}  // namespace sdmae
