// Block-wise masking (Bao et al., BEiT, arXiv 2106.08254, algorithm 1): rectangles of random place, size and aspect.
#pragma once

#include <cmath>
#include <numeric>

#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"

namespace sdmae::masking {

/// Rectangles are masked until floor(ratio·N) patches are; the last one is cut off where the count is met, so that it
/// is met exactly. A rectangle's area is drawn from `smallest` to what is still missing (at least `smallest`), its
/// aspect log-uniformly from `narrowest` to 1/narrowest.
struct block {
  double ratio = 0.6;
  index smallest = 16;
  double narrowest = 0.3;

  index visible(index patches) const {
    if (smallest < 1 || !(narrowest > 0 && narrowest <= 1))
      throw error("block mask", "smallest must be at least 1 and narrowest in (0, 1]", "the defaults are BEiT's");
    return visible_count(ratio, patches);
  }

  void draw(const request& r, std::int32_t* order) const {
    const index n = r.patches(), keep = visible(n);
    random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
    std::iota(order, order + n, 0);
    for (index left = n; left > keep;) left = hide(r, rectangle(r, left - keep, numbers), order, left, keep);
    sort_parts(order, n, keep);
  }

 private:
  struct area {
    index top, start, height, width;
    bool holds(index row, index column) const {
      return row >= top && row < top + height && column >= start && column < start + width;
    }
  };

  area rectangle(const request& r, index missing, random_sequence& numbers) const {
    const double low = double(smallest), patches = numbers.uniform(low, std::max(low, double(missing)));
    const double reach = std::log(1 / narrowest), aspect = std::exp(numbers.uniform(-reach, reach));
    const index height = std::clamp<index>(std::lround(std::sqrt(patches * aspect)), 1, r.grid_height);
    const index width = std::clamp<index>(std::lround(std::sqrt(patches / aspect)), 1, r.grid_width);
    const auto place = [&](index room) { return index(numbers.below(static_cast<std::uint32_t>(room + 1))); };
    const index top = place(r.grid_height - height);
    return {top, place(r.grid_width - width), height, width};
  }

  /// Moves the patches of a rectangle from [0, left) of the order behind it, until `keep` are left; returns how many
  /// are.
  static index hide(const request& r, const area& a, std::int32_t* order, index left, index keep) {
    for (index i = left - 1; i >= 0 && left > keep; --i)
      if (a.holds(order[i] / r.grid_width, order[i] % r.grid_width)) std::swap(order[i], order[--left]);
    return left;
  }
};

static_assert(mask_policy<block>);

}  // namespace sdmae::masking
