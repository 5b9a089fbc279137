// Tissue-aware masking: what is hidden, and so learned, is tissue as long as there is any.
#pragma once

#include <algorithm>
#include <numeric>

#include "sdmae/core/background.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"

namespace sdmae::masking {

/// Random masking that masks background last: of an image's patches those with tissue are drawn first, and background
/// only when tissue does not suffice. As many stay visible as with random masking. Needs 8-bit images of three
/// channels. A loss that leaves masked background out altogether: see loss::reconstruction::on_tissue.
struct tissue {
  double ratio = 0.6;
  background glass{};

  index visible(index patches) const { return visible_count(ratio, patches); }

  void draw(const request& r, std::int32_t* order) const {
    const index n = r.patches();
    random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
    std::iota(order, order + n, 0);
    shuffle(order, n, numbers);
    std::stable_partition(order, order + n, [&](std::int32_t patch) { return is_background(r, patch); });
    sort_parts(order, n, visible(n));
  }

  /// Throws sdmae::error when the request has no image to judge by.
  bool is_background(const request& r, std::int32_t patch) const {
    if (r.image == nullptr || r.channels != 3)
      throw error("tissue mask", "needs 8-bit images of three channels", "choose another mask, or pass bytes");
    const index row = r.grid_width * r.patch * 3;
    const std::uint8_t* const corner =
        r.image + patch / r.grid_width * r.patch * row + patch % r.grid_width * r.patch * 3;
    index seen = 0;
    for (index y = 0; y < r.patch; ++y)
      for (index x = 0; x < r.patch; ++x) {
        const std::uint8_t* const rgb = corner + y * row + x * 3;
        seen += glass.is_glass(rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0) ? 1 : 0;
      }
    return glass.holds(double(seen), double(r.patch * r.patch));
  }
};

static_assert(mask_policy<tissue>);

}  // namespace sdmae::masking
