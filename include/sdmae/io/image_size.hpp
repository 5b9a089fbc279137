// The size of images as text: "224x448", height first, as a file's metadata and a command line say it.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// Height and width of images in pixels; 0: not known.
struct image_size {
  index height = 0, width = 0;
};

/// "224x448"; nothing when the text is no size.
inline std::optional<image_size> image_size_of(const std::string& text) {
  int height = 0, width = 0, end = 0;
  if (std::sscanf(text.c_str(), "%5dx%5d%n", &height, &width, &end) != 2) return std::nullopt;
  if (height < 1 || width < 1 || static_cast<std::size_t>(end) != text.size()) return std::nullopt;
  return image_size{height, width};
}

inline std::string text_of(image_size size) { return std::to_string(size.height) + "x" + std::to_string(size.width); }

}  // namespace sdmae
