// What is known of a stain: of a tile's, or of its slide's.
#pragma once

#include <array>

namespace sdmae {

/// Mean and standard deviation of the optical densities −ln(I/255) of tissue, of red, green and blue.
struct stain_statistics {
  std::array<double, 3> mean{}, deviation{};

  bool operator==(const stain_statistics&) const = default;
};

/// Those of common haematoxylin and eosin.
inline constexpr stain_statistics reference_stain{{0.35, 0.62, 0.35}, {0.25, 0.30, 0.20}};

}  // namespace sdmae
