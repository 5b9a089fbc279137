// Random erasing (Zhong et al., arXiv 1708.04896): a rectangle that shows nothing.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/core/images.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/data/crop.hpp"

namespace sdmae {

/// What an erased part is filled with: ImageNet's mean color, 0 once normalised; or a normal number for each channel of
/// each pixel, with ImageNet's mean and deviation.
enum class erase_fill { mean, noise };

struct erase_settings {
  double probability = 0;
  double min_area = 0.02, max_area = 1.0 / 3;    // share of the image
  double min_ratio = 0.3, max_ratio = 10.0 / 3;  // of its height and width
  erase_fill fill = erase_fill::noise;
  bool on() const { return probability > 0; }
};

/// Throws an sdmae::error that names `where` when a setting is out of range.
inline void check_erase(const erase_settings& settings, const std::string& where = "erasing") {
  if (!(settings.probability >= 0 && settings.probability <= 1))
    throw error(where, "the probability must be 0 to 1", "the usual one is 0.25");
  if (!(settings.min_area > 0 && settings.min_area <= settings.max_area && settings.max_area <= 1))
    throw error(where, "the area must be 0 < smallest <= largest <= 1", "the usual one is 0.02 to 0.33");
  if (!(settings.min_ratio > 0 && settings.min_ratio <= settings.max_ratio && std::isfinite(settings.max_ratio)))
    throw error(where, "the aspect ratio must be 0 < smallest <= largest", "the usual one is 0.3 to 3.3");
}

/// The part to erase, as torchvision's RandomErasing.get_params draws it: area uniform, aspect ratio log-uniform,
/// smaller than the image both ways, position uniform; empty after ten parts that do not fit.
inline pixel_box draw_erased(const erase_settings& settings, index height, index width, random_sequence& random) {
  const double area = static_cast<double>(height) * static_cast<double>(width);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(settings.min_area, settings.max_area);
    const double ratio = std::exp(random.uniform(std::log(settings.min_ratio), std::log(settings.max_ratio)));
    const index h = detail::round_half_even(std::sqrt(target * ratio));
    const index w = detail::round_half_even(std::sqrt(target / ratio));
    if (h >= height || w >= width) continue;
    const index top = random.below(static_cast<std::uint32_t>(height - h + 1));
    const index left = random.below(static_cast<std::uint32_t>(width - w + 1));
    return {top, left, h, w};
  }
  return {};
}

/// Fills a part of pixels [·, width, 3].
inline void erase(const pixel_box& box, erase_fill fill, random_sequence& random, index width, std::uint8_t* pixels) {
  constexpr channel_statistics<3> imagenet = default_statistics<3>();
  for (index y = box.top; y < box.top + box.height; ++y)
    for (index x = box.left; x < box.left + box.width; ++x)
      for (int c = 0; c < 3; ++c) {
        const double deviations = fill == erase_fill::noise ? random.normal() : 0;
        const double value = 255 * (imagenet.mean[c] + deviations * imagenet.deviation[c]);
        pixels[(y * width + x) * 3 + c] = static_cast<std::uint8_t>(std::clamp(value + 0.5, 0.0, 255.0));
      }
}

/// Draws whether and where, and erases.
inline void erase_sometimes(const erase_settings& settings, random_sequence random, index height, index width,
                            std::uint8_t* pixels) {
  if (random.uniform() >= settings.probability) return;
  const pixel_box box = draw_erased(settings, height, width, random);
  erase(box, settings.fill, random, width, pixels);
}

}  // namespace sdmae
