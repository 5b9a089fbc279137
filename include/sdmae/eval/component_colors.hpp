// Features as colors: what is alike to a model looks alike.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sdmae/eval/principal_components.hpp"

namespace sdmae::eval {

struct component_colors {
  std::vector<std::array<std::uint8_t, 3>> rgb;  // of each row
  std::array<double, 3> shares{};                // of the variance that red, green and blue show
};

/// Red, green and blue are the first three principal components, each from its 2nd percentile (0) to its 98th (255);
/// one that does not vary is 128. Throws sdmae::error as find_principal_components does, which needs two rows and three
/// features.
inline component_colors color_by_components(const feature_matrix& rows) {
  const principal_components found = find_principal_components(rows, 3);
  const double_matrix places = found.project(rows);
  component_colors colors;
  colors.rgb.resize(static_cast<std::size_t>(rows.rows()));
  for (index k = 0; k < 3; ++k) {
    std::vector<double> sorted(static_cast<std::size_t>(rows.rows()));
    for (index i = 0; i < rows.rows(); ++i) sorted[static_cast<std::size_t>(i)] = places(i, k);
    std::sort(sorted.begin(), sorted.end());
    const auto last = static_cast<double>(sorted.size() - 1);
    const double low = sorted[static_cast<std::size_t>(0.02 * last)];
    const double high = sorted[static_cast<std::size_t>(last - static_cast<double>(static_cast<index>(0.02 * last)))];
    const bool varies = found.variances(k) > 1e-12 * found.variance_of_all && high > low;
    for (index i = 0; i < rows.rows(); ++i) {
      const double share = varies ? std::clamp((places(i, k) - low) / (high - low), 0.0, 1.0) : 0.5;
      colors.rgb[static_cast<std::size_t>(i)][static_cast<std::size_t>(k)] =
          static_cast<std::uint8_t>(255 * share + 0.5);
    }
    if (found.variance_of_all > 0)
      colors.shares[static_cast<std::size_t>(k)] = found.variances(k) / found.variance_of_all;
  }
  return colors;
}

}  // namespace sdmae::eval
