// Grid masking: visible patches lie as evenly as they can.
#pragma once

#include <array>
#include <numeric>
#include <utility>

#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"

namespace sdmae::masking {

/// Patches become visible in the order in which an ordered dither sets its dots (Bayer 1973), from a place drawn for
/// every image: at a ratio of 3/4 one patch of every square of four stays (the grid of He et al., arXiv 2111.06377,
/// figure 6), at 1/2 a chequerboard, of a grid of even sides then each patch equally often; any count in between is met
/// exactly.
struct grid {
  double ratio = 0.75;

  index visible(index patches) const { return visible_count(ratio, patches); }

  void draw(const request& r, std::int32_t* order) const {
    const index n = r.patches();
    random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
    const std::uint32_t down = numbers.below(side), right = numbers.below(side);
    const auto rank = [&](std::int32_t patch) {
      const auto row = static_cast<std::uint32_t>(patch / r.grid_width);
      const auto column = static_cast<std::uint32_t>(patch % r.grid_width);
      return std::pair(dots_before(row + down, column + right), patch);
    };
    std::iota(order, order + n, 0);
    std::sort(order, order + n, [&](std::int32_t a, std::int32_t b) { return rank(a) < rank(b); });
    sort_parts(order, n, visible(n));
  }

 private:
  static constexpr std::uint32_t bits = 8, side = 1u << bits;  // grids beyond it repeat the pattern

  /// How many dots a dither of side × side sets before the one at (row, column): the bits of column and row ^ column
  /// interleaved, in reverse.
  static constexpr std::uint32_t dots_before(std::uint32_t row, std::uint32_t column) {
    std::uint32_t before = 0;
    for (std::uint32_t bit = 0; bit < bits; ++bit) {
      before = before << 2 | ((row ^ column) >> bit & 1u) << 1 | (row >> bit & 1u);
    }
    return before;
  }
};

static_assert(mask_policy<grid>);

}  // namespace sdmae::masking
