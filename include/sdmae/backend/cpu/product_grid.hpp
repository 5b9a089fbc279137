// How a product is cut into parts for threads.
#pragma once

#include <algorithm>
#include <utility>

#include "sdmae/backend/cpu/tile.hpp"
#include "sdmae/core/config.hpp"

namespace sdmae::cpu {

/// A grid of parts of a product's result [rows, columns]. No part cuts a sum.
struct product_grid {
  index rows, columns, tile_width;
  index down = 1, across = 1;  // parts

  /// At most `threads` parts, cut so that the largest costs least: multiply-adds for every value of it, and reading
  /// (and packing) its rows of the left operand and its columns of the right one.
  template <class T>
  static product_grid over(index rows, index columns, index threads) {
    product_grid best{rows, columns, tile<T>::width};
    for (index across = 1; across <= threads; ++across) {
      product_grid cut = best;
      cut.across = std::min(across, cut.tiles());
      cut.down = std::clamp<index>(threads / cut.across, 1, std::max<index>(1, rows));
      if (cut.cost() < best.cost()) best = cut;
    }
    return best;
  }

  index parts() const { return rows > 0 ? down * across : 0; }

  /// Begin and end of a part's rows, and of its columns.
  std::pair<index, index> rows_of(index part) const {
    const index at = part / across;
    return {rows * at / down, rows * (at + 1) / down};
  }
  std::pair<index, index> columns_of(index part) const {
    const index at = part % across;
    return {tiles() * at / across * tile_width, std::min(columns, tiles() * (at + 1) / across * tile_width)};
  }

 private:
  index tiles() const { return (columns + tile_width - 1) / tile_width; }
  index cost() const {
    constexpr index reading = 16;  // multiply-adds in the time of reading a value
    const index r = (rows + down - 1) / down, c = (tiles() + across - 1) / across * tile_width;
    return r * c + reading * (r + c);
  }
};

}  // namespace sdmae::cpu
