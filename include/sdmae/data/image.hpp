// The picture that goes from a file to the training step: 8-bit RGB, rows from the top, pixels interleaved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/data/stain_statistics.hpp"

namespace sdmae {

/// [height, width, 3] bytes, row-major. A plain struct and not an xtensor: nothing here computes with it, and headers
/// that only hand pictures on stay light. xt::adapt(image.pixels, shape) views one as an xtensor without a copy.
struct image8 {
  index height = 0, width = 0;
  std::vector<std::uint8_t> pixels;

  image8() = default;
  image8(index rows, index columns)
      : height(rows), width(columns), pixels(static_cast<std::size_t>(rows * columns * 3)) {}

  std::uint8_t* row(index y) { return pixels.data() + y * width * 3; }
  const std::uint8_t* row(index y) const { return pixels.data() + y * width * 3; }
  bool operator==(const image8&) const = default;
};

/// What had to be done to a stored picture to make it 8-bit RGB; a set of flags.
enum class conversion : unsigned { none = 0, grey = 1, alpha = 2, sixteen_bit = 4, cmyk = 8 };

constexpr conversion operator|(conversion a, conversion b) {
  return static_cast<conversion>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}
constexpr conversion& operator|=(conversion& a, conversion b) { return a = a | b; }
constexpr bool has(conversion set, conversion flag) {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(flag)) != 0;
}

inline constexpr conversion all_conversions[] = {conversion::grey, conversion::alpha, conversion::sixteen_bit,
                                                 conversion::cmyk};

/// What one flag means, for a notice to the user.
inline std::string conversion_text(conversion flag) {
  switch (flag) {
    case conversion::grey:
      return "grey image, its channel repeated as red, green and blue";
    case conversion::alpha:
      return "image with transparency, its alpha channel dropped";
    case conversion::sixteen_bit:
      return "16-bit image, only the upper 8 bits of each value kept";
    case conversion::cmyk:
      return "CMYK image, converted to RGB without a color profile";
    case conversion::none:
      break;
  }
  return "";
}

/// A decoded picture, what it took, and what is known of it beyond its pixels.
struct decoded_image {
  image8 image;
  conversion converted = conversion::none;
  std::optional<slide_stain> stain_of_slide = std::nullopt;  // where it is known, see slide_stained
};

}  // namespace sdmae
