// Position tables for another grid of patches, so that weights of one image size serve another.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <vector>

#include "sdmae/core/config.hpp"

namespace sdmae::vit {

/// A row-major grid of patches.
struct patch_grid {
  index height = 0, width = 0;

  constexpr index patches() const { return height * width; }
  friend constexpr bool operator==(const patch_grid&, const patch_grid&) = default;
};

/// The square grid of so many patches, if there is one.
inline std::optional<patch_grid> square_grid(index patches) {
  const index side = static_cast<index>(std::lround(std::sqrt(double(std::max<index>(patches, 0)))));
  if (side < 1 || side * side != patches) return std::nullopt;
  return patch_grid{side, side};
}

namespace detail {

/// What one row or column of the new grid takes from the old one: four neighbours and their weights.
struct cubic_tap {
  std::array<index, 4> at{};
  std::array<double, 4> weight{};
};

// Keys' cubic kernel with a = -0.75: |x| <= 1: (a + 2)|x|^3 - (a + 3)|x|^2 + 1; 1 < |x| < 2: a(|x|^3 - 5|x|^2 + 8|x| -
// 4).
inline double cubic_weight(double distance) {
  constexpr double a = -0.75;
  const double x = std::abs(distance);
  return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0.0;
}

// Centers of pixels correspond: x = (i + 1/2)·from/to - 1/2; what lies outside is the nearest border.
inline std::vector<cubic_tap> cubic_taps(index from, index to) {
  std::vector<cubic_tap> taps(static_cast<std::size_t>(to));
  for (index i = 0; i < to; ++i) {
    const double x = (double(i) + 0.5) * double(from) / double(to) - 0.5, left = std::floor(x);
    for (index k = 0; k < 4; ++k) {
      cubic_tap& tap = taps[static_cast<std::size_t>(i)];
      tap.at[static_cast<std::size_t>(k)] = std::clamp<index>(static_cast<index>(left) + k - 1, 0, from - 1);
      tap.weight[static_cast<std::size_t>(k)] = cubic_weight(x - (left + double(k - 1)));
    }
  }
  return taps;
}

}  // namespace detail

/// A table [kept + from.patches(), width] for the grid `to`: [kept + to.patches(), width]. The first `kept` rows (the
/// class token's) stay; the others are interpolated as images are: bicubic, a = -0.75, borders repeated, not
/// antialiased. Computed in double. The same as torch.nn.functional.interpolate(mode="bicubic", align_corners=False).
template <class T>
std::vector<T> resize_positions(const std::vector<T>& table, index width, index kept, patch_grid from, patch_grid to) {
  const auto rows = detail::cubic_taps(from.height, to.height), columns = detail::cubic_taps(from.width, to.width);
  std::vector<T> resized(table.begin(), table.begin() + kept * width);
  resized.resize(static_cast<std::size_t>((kept + to.patches()) * width));
  const T* const old = table.data() + kept * width;
  T* out = resized.data() + kept * width;
  for (const detail::cubic_tap& row : rows)
    for (const detail::cubic_tap& column : columns)
      for (index c = 0; c < width; ++c) {
        double sum = 0;
        for (std::size_t y = 0; y < 4; ++y)
          for (std::size_t x = 0; x < 4; ++x)
            sum += row.weight[y] * column.weight[x] * double(old[(row.at[y] * from.width + column.at[x]) * width + c]);
        *out++ = static_cast<T>(sum);
      }
  return resized;
}

}  // namespace sdmae::vit
