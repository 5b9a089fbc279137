// Which part of a picture the network sees: a random resized crop, or the whole or the middle of it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/data/resample.hpp"

namespace sdmae {

/// RandomResizedCrop: the share of the area to keep, and width / height of the part kept.
struct crop_settings {
  double min_scale = 0.08, max_scale = 1.0;
  double min_ratio = 3.0 / 4.0, max_ratio = 4.0 / 3.0;
};

/// Throws an sdmae::error that names `where` when a setting is out of range.
inline void check_crop(const crop_settings& crop, const std::string& where = "random crop") {
  if (!(crop.min_scale > 0 && crop.min_scale <= crop.max_scale && crop.max_scale <= 1))
    throw error(where, "the scale must be 0 < smallest <= largest <= 1", "the usual one is 0.08 to 1");
  if (!(crop.min_ratio > 0 && crop.min_ratio <= crop.max_ratio && std::isfinite(crop.max_ratio)))
    throw error(where, "the aspect ratio must be 0 < smallest <= largest", "the usual one is 3/4 to 4/3");
}

namespace detail {

// Python's round(): halves to even.
inline index round_half_even(double value) { return static_cast<index>(std::nearbyint(value)); }

// The largest middle part whose aspect ratio is allowed.
inline pixel_box middle_of_allowed_ratio(index height, index width, const crop_settings& crop) {
  const double ratio = static_cast<double>(width) / static_cast<double>(height);
  index h = height, w = width;
  if (ratio < crop.min_ratio) h = round_half_even(static_cast<double>(width) / crop.min_ratio);
  if (ratio > crop.max_ratio) w = round_half_even(static_cast<double>(height) * crop.max_ratio);
  h = std::clamp<index>(h, 1, height);
  w = std::clamp<index>(w, 1, width);
  return {(height - h) / 2, (width - w) / 2, h, w};
}

}  // namespace detail

/// A random part of a height × width picture as torchvision's RandomResizedCrop.get_params draws it: area uniform in
/// the scale, aspect ratio log-uniform, position uniform; after ten parts that do not fit, the middle.
inline pixel_box random_box(index height, index width, const crop_settings& crop, random_sequence& random) {
  const double area = static_cast<double>(height) * static_cast<double>(width);
  const double low = std::log(crop.min_ratio), high = std::log(crop.max_ratio);
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * random.uniform(crop.min_scale, crop.max_scale);
    const double ratio = std::exp(random.uniform(low, high));
    const index w = detail::round_half_even(std::sqrt(target * ratio));
    const index h = detail::round_half_even(std::sqrt(target / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    const index top = random.below(static_cast<std::uint32_t>(height - h + 1));
    const index left = random.below(static_cast<std::uint32_t>(width - w + 1));
    return {top, left, h, w};
  }
  return detail::middle_of_allowed_ratio(height, width, crop);
}

/// The part that a sample shows in an epoch: depends on seed, epoch and sample number only.
inline pixel_box random_box(index height, index width, const crop_settings& crop, std::uint64_t seed, index epoch,
                            index sample) {
  random_sequence random(seed, stream::crop, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample));
  return random_box(height, width, crop, random);
}

inline pixel_box whole_box(index height, index width) { return {0, 0, height, width}; }

/// The largest middle part of the aspect ratio out_width / out_height.
inline pixel_box center_box(index height, index width, index out_height, index out_width) {
  index h = height, w = width;
  if (width * out_height > height * out_width)
    w = std::max<index>(1, (height * out_width + out_height / 2) / out_height);
  else
    h = std::max<index>(1, (width * out_height + out_width / 2) / out_width);
  h = std::min(h, height);
  w = std::min(w, width);
  return {(height - h) / 2, (width - w) / 2, h, w};
}

/// What multi-crop testing shows of a picture: center_box, and where `grid` is more than 1 also grid × grid parts of
/// that box, row by row, each of 1/grid its height and width in whole pixels. They lie edge to edge where the box can
/// be cut so, overlap by a pixel or miss one where it cannot.
inline std::vector<pixel_box> test_boxes(index height, index width, index out_height, index out_width, index grid) {
  const pixel_box middle = center_box(height, width, out_height, out_width);
  std::vector<pixel_box> boxes{middle};
  if (grid <= 1) return boxes;
  const index h = std::max<index>(1, (middle.height + grid / 2) / grid);
  const index w = std::max<index>(1, (middle.width + grid / 2) / grid);
  for (index row = 0; row < grid; ++row)
    for (index column = 0; column < grid; ++column)
      boxes.push_back({middle.top + (middle.height - h) * row / (grid - 1),
                       middle.left + (middle.width - w) * column / (grid - 1), h, w});
  return boxes;
}

/// How a picture becomes the network's size.
enum class cropping { random, center, whole };

}  // namespace sdmae
