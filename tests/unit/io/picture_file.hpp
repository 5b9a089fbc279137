// For tests of what is drawn: a PNG file read back by cairo.
#pragma once

#include <cairo/cairo.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <vector>

#include "catch.hpp"

struct read_picture {
  int height = 0, width = 0;
  std::vector<std::uint32_t> pixels;

  std::array<int, 3> at(int row, int column) const {
    const std::uint32_t p =
        pixels[static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column)];
    return {static_cast<int>(p >> 16 & 255), static_cast<int>(p >> 8 & 255), static_cast<int>(p & 255)};
  }
};

inline read_picture read_png(const std::filesystem::path& path) {
  cairo_surface_t* surface = cairo_image_surface_create_from_png(path.c_str());
  REQUIRE(cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS);
  read_picture result;
  result.height = cairo_image_surface_get_height(surface);
  result.width = cairo_image_surface_get_width(surface);
  result.pixels.resize(static_cast<std::size_t>(result.height) * static_cast<std::size_t>(result.width));
  for (int r = 0; r < result.height; ++r)
    std::memcpy(result.pixels.data() + static_cast<std::ptrdiff_t>(r) * result.width,
                cairo_image_surface_get_data(surface) +
                    static_cast<std::ptrdiff_t>(r) * cairo_image_surface_get_stride(surface),
                4 * static_cast<std::size_t>(result.width));
  cairo_surface_destroy(surface);
  return result;
}
