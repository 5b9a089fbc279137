// Pictures with known pixels, and the files that lie beside these tests.
#pragma once

#include <filesystem>
#include <string_view>

#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/image.hpp"

// The pattern from which the expected numbers were computed.
inline sdmae::image8 pattern(sdmae::index height, sdmae::index width) {
  sdmae::image8 image(height, width);
  for (sdmae::index y = 0; y < height; ++y)
    for (sdmae::index x = 0; x < width; ++x)
      for (sdmae::index c = 0; c < 3; ++c)
        image.row(y)[x * 3 + c] = static_cast<std::uint8_t>(y * 37 + x * 91 + c * 53 + ((x * y) % 7) * 29);
  return image;
}

inline std::uint64_t pixel_sum(const sdmae::image8& image) {
  sdmae::fingerprint sum;
  sum.add(std::string_view(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()));
  return sum.value();
}

inline std::filesystem::path image_file(const char* name) {
  return std::filesystem::path(__FILE__).parent_path() / "images" / name;
}
