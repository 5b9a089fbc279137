// Tissue-aware masking: what is hidden, and so learned, is tissue as long as there is any.
#pragma once

#include <algorithm>
#include <numeric>

#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"

namespace sdmae::masking {

/// Random masking that masks background last: of an image's patches those with tissue are drawn first, and background
/// only when tissue does not suffice. As many stay visible as with random masking. Background is glass: a pixel is
/// bright and grey, a patch mostly consists of such pixels. Needs 8-bit images of three channels.
struct tissue {
  double ratio = 0.6;
  double brightness = 0.8;   // a background pixel's largest channel is at least this …
  double saturation = 0.08;  // … and (largest − smallest)/largest at most this
  double share = 0.75;       // a background patch has at least this share of such pixels

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
    index background = 0;
    for (index y = 0; y < r.patch; ++y)
      for (index x = 0; x < r.patch; ++x) background += is_glass(corner + y * row + x * 3) ? 1 : 0;
    return double(background) >= share * double(r.patch * r.patch);
  }

 private:
  bool is_glass(const std::uint8_t* rgb) const {
    const auto [smallest, largest] = std::minmax({rgb[0], rgb[1], rgb[2]});
    return largest >= brightness * 255 && largest - smallest <= saturation * largest;
  }
};

static_assert(mask_policy<tissue>);

}  // namespace sdmae::masking
