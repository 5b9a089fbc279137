// What is known of a stain: of a tile's, or of its slide's.
#pragma once

#include <array>
#include <optional>

namespace sdmae {

/// Mean and standard deviation of the optical densities −ln(I/255) of tissue, of red, green and blue.
struct stain_statistics {
  std::array<double, 3> mean{}, deviation{};

  bool operator==(const stain_statistics&) const = default;
};

/// Nothing where pictures say too little of their stain, see stain_counts.
using measured_stain = std::optional<stain_statistics>;

/// Of a slide, on its images together: known, even where it is that they say too little.
struct slide_stain {
  measured_stain measured;

  bool operator==(const slide_stain&) const = default;
};

}  // namespace sdmae
