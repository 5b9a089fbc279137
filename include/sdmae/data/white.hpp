// Tiles that are partly background: pure white, as glass and masked corners are stored.
#pragma once

#include <cstdint>

#include "sdmae/data/image.hpp"

namespace sdmae {

/// The share of pixels whose three values are 255; 0 for a picture without pixels.
inline double white_share(const image8& image) {
  const index pixels = image.height * image.width;
  index white = 0;
  for (index i = 0; i < pixels; ++i) {
    const std::uint8_t* const rgb = image.pixels.data() + i * 3;
    white += rgb[0] == 255 && rgb[1] == 255 && rgb[2] == 255;
  }
  return pixels > 0 ? static_cast<double>(white) / static_cast<double>(pixels) : 0;
}

}  // namespace sdmae
