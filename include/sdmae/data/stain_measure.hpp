// How a picture, or a slide of which there are several, is stained: mean and spread of the optical density of its
// tissue.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>

#include "sdmae/core/background.hpp"
#include "sdmae/data/image.hpp"
#include "sdmae/data/optical_density.hpp"
#include "sdmae/data/stain_statistics.hpp"

namespace sdmae {

namespace detail {

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

}  // namespace detail

/// Counts the pixels of tissue of one picture or several by their values: they are not glass, which is bright and grey
/// (see background), nor pure black.
class stain_counts {
 public:
  void add(const image8& image) {
    const index pixels = image.height * image.width;
    pixels_ += pixels;
    for (index i = 0; i < pixels; ++i) {
      const std::uint8_t* const rgb = image.pixels.data() + 3 * i;
      const index counts = detail::is_tissue(rgb);  // no branch: neighbours differ, and it would be guessed wrongly
      tissue_ += counts;
      for (std::size_t c = 0; c < 3; ++c) of_value_[c][rgb[c]] += counts;
    }
  }

  /// Nothing where pictures say too little of their stain: less than 1 % is tissue, or its density deviates by less
  /// than 0.02 in every channel, as that of dark glass does by noise.
  measured_stain statistics() const {
    if (tissue_ == 0 || tissue_ * 100 < pixels_) return std::nullopt;
    const std::array<float, 256>& densities = optical_densities();
    stain_statistics found;
    for (std::size_t c = 0; c < 3; ++c) {
      double sum = 0, squares = 0;
      for (std::size_t v = 0; v < 256; ++v) {
        const double density = densities[v], count = static_cast<double>(of_value_[c][v]);
        sum += count * density;
        squares += count * density * density;
      }
      found.mean[c] = sum / static_cast<double>(tissue_);
      const double variance = squares / static_cast<double>(tissue_) - found.mean[c] * found.mean[c];
      found.deviation[c] = std::sqrt(std::max(0.0, variance));
    }
    if (*std::max_element(found.deviation.begin(), found.deviation.end()) < 0.02) return std::nullopt;
    return found;
  }

 private:
  std::array<std::array<index, 256>, 3> of_value_{};
  index pixels_ = 0, tissue_ = 0;
};

/// Of one picture; see stain_counts.
inline measured_stain measure_stain(const image8& image) {
  stain_counts counts;
  counts.add(image);
  return counts.statistics();
}

}  // namespace sdmae
