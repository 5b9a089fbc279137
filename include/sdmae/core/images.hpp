// Batches of images as models see them: pixels are read one by one, as unit values or normalised by channel statistics.
#pragma once

#include <array>
#include <cstdint>

#include "sdmae/core/config.hpp"
#include "sdmae/core/shapes.hpp"

namespace sdmae {

/// Mean and standard deviation of each channel of images in [0, 1].
template <int Channels>
struct channel_statistics {
  double mean[Channels];
  double deviation[Channels];
};

/// ImageNet's for colour images; otherwise 0.5 and 0.5.
template <int Channels>
constexpr channel_statistics<Channels> default_statistics() {
  if constexpr (Channels == 3) return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
  channel_statistics<Channels> statistics{};
  for (int c = 0; c < Channels; ++c) statistics.mean[c] = statistics.deviation[c] = 0.5;
  return statistics;
}

/// 8-bit images [count, H, W, C], as they come from files.
template <image_shape Image>
struct byte_images {
  using value_type = std::uint8_t;
  const std::uint8_t* data = nullptr;
  channel_statistics<Image.channels> statistics = default_statistics<Image.channels>();

  /// In [0, 1].
  template <class T>
  SDMAE_HOST_DEVICE T unit(index i, index y, index x, index c) const {
    return T(data[((i * Image.height + y) * Image.width + x) * Image.channels + c]) / T(255);
  }
  template <class T>
  SDMAE_HOST_DEVICE T normalised(index i, index y, index x, index c) const {
    return (unit<T>(i, y, x, c) - T(statistics.mean[c])) / T(statistics.deviation[c]);
  }
};

/// Images [count, C, H, W], already normalised by the channel statistics.
template <image_shape Image, class Value>
struct normalised_images {
  using value_type = Value;
  const Value* data = nullptr;
  channel_statistics<Image.channels> statistics = default_statistics<Image.channels>();

  template <class T>
  SDMAE_HOST_DEVICE T normalised(index i, index y, index x, index c) const {
    return T(data[((i * Image.channels + c) * Image.height + y) * Image.width + x]);
  }
  template <class T>
  SDMAE_HOST_DEVICE T unit(index i, index y, index x, index c) const {
    return normalised<T>(i, y, x, c) * T(statistics.deviation[c]) + T(statistics.mean[c]);
  }
};

/// Which patches of each image are visible. Row i of `order` [count, N] is a permutation of the patches of image i; its
/// first `visible` entries are seen, the others are masked.
struct mask_view {
  const std::int32_t* order = nullptr;
  index patches = 0, visible = 0;

  SDMAE_HOST_DEVICE constexpr index masked() const { return patches - visible; }
};

struct pixel_place {
  index image, y, x;
};

/// Which patches of each image are painted: those from `first` on in the order of the mask, the masked ones or all.
/// Row r of pixels belongs to image r / count(), and there to the patch patch(r).
struct painted_patches {
  mask_view mask;
  index first = 0;

  SDMAE_HOST_DEVICE constexpr painted_patches(const mask_view& of, index first_slot) : mask(of), first(first_slot) {}
  SDMAE_HOST_DEVICE constexpr painted_patches(const mask_view& of) : mask(of), first(of.visible) {}

  SDMAE_HOST_DEVICE constexpr index count() const { return mask.patches - first; }
  SDMAE_HOST_DEVICE constexpr std::int32_t patch(index r) const {
    return mask.order[r / count() * mask.patches + first + r % count()];
  }
  /// Where pixel k of that patch lies, in reading order.
  template <image_shape Image>
  SDMAE_HOST_DEVICE constexpr pixel_place place(index r, index k) const {
    constexpr index side = Image.patch, across = Image.grid_width();
    return {r / count(), patch(r) / across * side + k / side, patch(r) % across * side + k % side};
  }
};

}  // namespace sdmae
