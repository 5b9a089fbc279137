// What the decoders of all formats share: the bytes of a file with its name, errors about it, a limit of its size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

/// The bytes of an image file, not owned, and the name that errors give it.
struct encoded_image {
  const std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  std::string name;
};

namespace detail {

// Far above any tile; below it a damaged header cannot ask for all the memory there is.
inline constexpr index most_pixels = index{1} << 27;

[[noreturn]] inline void fail_decoding(const encoded_image& file, const std::string& what,
                                       const std::string& remedy = "replace or remove the file") {
  throw error(file.name, what, remedy);
}

// Allocates a picture of a size that a file claims to have.
inline image8 checked_image(const encoded_image& file, index height, index width) {
  if (height < 1 || width < 1) fail_decoding(file, "the image has no pixels");
  if (height > most_pixels / width)
    fail_decoding(file, std::to_string(width) + " x " + std::to_string(height) + " pixels are too many for one tile");
  return image8(height, width);
}

}  // namespace detail
}  // namespace sdmae
