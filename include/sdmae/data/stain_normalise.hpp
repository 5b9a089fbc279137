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

#include "sdmae/core/background.hpp"
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

/// By a pixel's largest channel: what its smallest is below in tissue. At or above that it is glass, see background;
/// for pure black it is 0.
inline constexpr std::array<int, 256> tissue_below = [] {
  std::array<int, 256> bounds{};
  for (int largest = 1; largest < 256; ++largest) {
    int& bound = bounds[static_cast<std::size_t>(largest)] = largest + 1;
    while (bound > 0 && background{}.is_glass(largest / 255.0, (bound - 1) / 255.0, (bound - 1) / 255.0)) --bound;
  }
  return bounds;
}();

/// Neither glass nor pure black, which is padding and a little of which would outweigh the tissue.
inline bool is_tissue(const std::uint8_t* rgb) {
  const int red = rgb[0], green = rgb[1], blue = rgb[2];
  const int smallest = std::min(std::min(red, green), blue), largest = std::max(std::max(red, green), blue);
  return smallest < tissue_below[static_cast<std::size_t>(largest)];
}

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

/// Of the pixels of tissue: they are not glass, which is bright and grey (see background), nor pure black. Nothing for
/// pictures that say too little of their stain: less than 1 % is tissue, or its density deviates by less than 0.02 in
/// every channel, as that of dark glass does by noise.
inline std::optional<stain_statistics> measure_stain(const image8& image) {
  const index pixels = image.height * image.width;
  detail::byte_histograms histograms{};
  index tissue = 0;
  for (index i = 0; i < pixels; ++i) {
    const std::uint8_t* const rgb = image.pixels.data() + 3 * i;
    const index counts = detail::is_tissue(rgb);  // no branch: neighbours differ, and it would be guessed wrongly
    tissue += counts;
    for (std::size_t c = 0; c < 3; ++c) histograms[c][rgb[c]] += counts;
  }
  if (tissue == 0 || tissue * 100 < pixels) return std::nullopt;
  const stain_statistics found = detail::statistics_of(histograms, tissue);
  if (*std::max_element(found.deviation.begin(), found.deviation.end()) < 0.02) return std::nullopt;
  return found;
}

/// Changes `image` in place. With m and s the mean and deviation of a channel, see measure_stain, density d becomes
///   d' = M + S·(d − m)/(s + 0.001), at least 0,   I' = 255·exp(−d'), rounded,
/// at the pixels of tissue; M and S are the target's. Glass and padding stay as they are; so do pictures that say too
/// little of their stain. Glass darker or more colored than background's counts as tissue, pale grey tissue as glass.
/// What would be paler than white becomes white, by which the mean rises and the spread falls a little.
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
    const bool changes = detail::is_tissue(rgb);
    for (std::size_t c = 0; c < 3; ++c) rgb[c] = changes ? changed[c][rgb[c]] : rgb[c];
  }
}

inline image8 with_normalised_stain(image8 image) {
  normalise_stain(image);
  return image;
}

}  // namespace sdmae
