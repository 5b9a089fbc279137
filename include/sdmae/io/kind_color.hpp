// Colors of kinds: the classes on a map, whether it is HTML or a picture.
#pragma once

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// Okabe and Ito's colors and two of Tol's, told apart by all eyes; the eleventh kind has the first's again.
inline std::array<std::uint8_t, 3> kind_color(index kind) {
  constexpr std::uint32_t colors[] = {0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0xD55E00,
                                      0x56B4E9, 0xF0E442, 0x000000, 0x882255, 0x999933};
  const std::uint32_t one = colors[static_cast<std::size_t>(kind) % 10];
  return {static_cast<std::uint8_t>(one >> 16), static_cast<std::uint8_t>(one >> 8 & 255),
          static_cast<std::uint8_t>(one & 255)};
}

/// "#0072B2"
inline std::string color_text(const std::array<std::uint8_t, 3>& rgb) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02X%02X%02X", rgb[0], rgb[1], rgb[2]);
  return text;
}

}  // namespace sdmae
