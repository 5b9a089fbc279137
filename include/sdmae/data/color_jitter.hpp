// Brightness, contrast, saturation and hue, each by Pillow's arithmetic on 8-bit pixels, drawn as torchvision's
// ColorJitter draws them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"

namespace sdmae {

/// Factors of brightness, contrast and saturation are uniform in 1 ± the setting (not below 0), the shift of the hue is
/// uniform in ± the setting, in turns of the color wheel. What is 0 is left alone.
struct color_jitter {
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;
  bool on() const { return brightness > 0 || contrast > 0 || saturation > 0 || hue > 0; }
};

/// Throws an sdmae::error that names `where` when a setting is out of range.
inline void check_color(const color_jitter& settings, const std::string& where = "color jitter") {
  for (const double most : {settings.brightness, settings.contrast, settings.saturation})
    if (!(most >= 0 && most <= 10))
      throw error(where, "brightness, contrast and saturation must be 0 to 10", "the usual ones are up to 0.8");
  if (!(settings.hue >= 0 && settings.hue <= 0.5))
    throw error(where, "the hue must be 0 to 0.5", "0.5 turns the color wheel as far as it goes, either way");
}

namespace detail {

// Pillow's "L".
inline int grey_of(const std::uint8_t* rgb) { return (rgb[0] * 19595 + rgb[1] * 38470 + rgb[2] * 7471 + 0x8000) >> 16; }

// Pillow's Image.blend: from the one value (factor 0) to the other (factor 1) and beyond, rounded down.
inline std::uint8_t blended(int from, int to, float factor) {
  // Rounded to float before the sum, as without fused multiply-add; the product is exact in double.
  const auto step = static_cast<float>(static_cast<double>(factor) * (to - from));
  return static_cast<std::uint8_t>(std::clamp(static_cast<float>(from) + step, 0.0f, 255.0f));
}

// Every byte blended from the same value.
inline void blend_from(int from, float factor, index count, std::uint8_t* pixels) {
  std::array<std::uint8_t, 256> table{};
  for (int value = 0; value < 256; ++value) table[static_cast<std::size_t>(value)] = blended(from, value, factor);
  for (index i = 0; i < count * 3; ++i) pixels[i] = table[pixels[i]];
}

struct hsv {
  int hue, saturation, value;  // 0 to 255 each
};

// Pillow's rgb2hsv_row and hsv2rgb_row, precisions included.
inline hsv to_hsv(const std::uint8_t* rgb) {
  const int red = rgb[0], green = rgb[1], blue = rgb[2];
  const int most = std::max({red, green, blue}), least = std::min({red, green, blue});
  if (most == least) return {0, 0, most};
  const float spread = static_cast<float>(most - least), saturation = spread / static_cast<float>(most);
  const float r = static_cast<float>(most - red) / spread, g = static_cast<float>(most - green) / spread,
              b = static_cast<float>(most - blue) / spread;
  float hue = b - g;
  if (red != most) hue = static_cast<float>(green == most ? 2.0 + r - b : 4.0 + g - r);
  const double turns = hue / 6.0 + 1.0;  // 5/6 to 11/6, of which the part after the point counts
  hue = static_cast<float>(turns < 1.0 ? turns : turns - 1.0);
  return {static_cast<int>(hue * 255.0), static_cast<int>(saturation * 255.0), most};
}

inline void to_rgb(const hsv& color, std::uint8_t* rgb) {
  const auto set = [&](double red, double green, double blue) {
    rgb[0] = static_cast<std::uint8_t>(red + 0.5);
    rgb[1] = static_cast<std::uint8_t>(green + 0.5);
    rgb[2] = static_cast<std::uint8_t>(blue + 0.5);
  };
  const float v = static_cast<float>(color.value);
  if (color.saturation == 0) return set(v, v, v);
  const double sixths = color.hue * 6.0 / 255.0;
  const int sector = static_cast<int>(sixths);
  const float f = static_cast<float>(sixths - sector), s = static_cast<float>(color.saturation / 255.0);
  const double p = v * (1.0 - s), q = v * (1.0 - s * f), t = v * (1.0 - s * (1.0 - f));
  switch (sector % 6) {
    case 0:
      return set(v, t, p);
    case 1:
      return set(q, v, p);
    case 2:
      return set(p, v, t);
    case 3:
      return set(p, q, v);
    case 4:
      return set(t, p, v);
    default:
      return set(v, p, q);
  }
}

}  // namespace detail

/// All four change `count` RGB pixels in place. Pillow's ImageEnhance.Brightness: a blend with black.
inline void change_brightness(double factor, index count, std::uint8_t* pixels) {
  detail::blend_from(0, static_cast<float>(factor), count, pixels);
}

/// Pillow's ImageEnhance.Contrast: a blend with the picture's mean grey.
inline void change_contrast(double factor, index count, std::uint8_t* pixels) {
  std::int64_t sum = 0;
  for (index i = 0; i < count; ++i) sum += detail::grey_of(pixels + i * 3);
  const int mean = static_cast<int>(static_cast<double>(sum) / static_cast<double>(count) + 0.5);
  detail::blend_from(mean, static_cast<float>(factor), count, pixels);
}

/// Pillow's ImageEnhance.Color: a blend of each pixel with its grey.
inline void change_saturation(double factor, index count, std::uint8_t* pixels) {
  for (index i = 0; i < count; ++i, pixels += 3) {
    const int grey = detail::grey_of(pixels);
    for (int c = 0; c < 3; ++c) pixels[c] = detail::blended(grey, pixels[c], static_cast<float>(factor));
  }
}

/// torchvision's adjust_hue: the hue of Pillow's 8-bit HSV, plus int(turns·255) modulo 256.
inline void change_hue(double turns, index count, std::uint8_t* pixels) {
  const int shift = static_cast<int>(turns * 255);
  for (index i = 0; i < count; ++i, pixels += 3) {
    detail::hsv color = detail::to_hsv(pixels);
    color.hue = (color.hue + shift) & 255;
    detail::to_rgb(color, pixels);
  }
}

/// The four in a random order, each by a factor drawn for the picture.
inline void jitter_color(const color_jitter& settings, random_sequence random, index count, std::uint8_t* pixels) {
  const auto factor = [&](double most) { return random.uniform(std::max(0.0, 1 - most), 1 + most); };
  const double brightness = factor(settings.brightness), contrast = factor(settings.contrast);
  const double saturation = factor(settings.saturation), turns = random.uniform(-settings.hue, settings.hue);
  std::array<int, 4> order{0, 1, 2, 3};
  shuffle(order.data(), 4, random);
  for (const int which : order) {
    if (which == 0 && settings.brightness > 0) change_brightness(brightness, count, pixels);
    if (which == 1 && settings.contrast > 0) change_contrast(contrast, count, pixels);
    if (which == 2 && settings.saturation > 0) change_saturation(saturation, count, pixels);
    if (which == 3 && settings.hue > 0) change_hue(turns, count, pixels);
  }
}

}  // namespace sdmae
