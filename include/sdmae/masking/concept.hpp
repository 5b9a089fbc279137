// What a masking policy must bring.
#pragma once

#include <concepts>
#include <cstdint>

#include "sdmae/core/config.hpp"

namespace sdmae::masking {

/// The image a mask is drawn for.
struct request {
  index grid_height = 0, grid_width = 0;
  std::uint64_t seed = 0, epoch = 0, sample = 0;  // what the draw may depend on, beside the image
  const std::uint8_t* image = nullptr;            // [H, W, C] as cropped, 8 bit; null where images are not 8 bit
  index patch = 0, channels = 0;                  // of the image: side of a patch in pixels, C

  constexpr index patches() const { return grid_height * grid_width; }
};

/// A masking policy is a value that brings
///  1. `visible(patches)`: how many of an image's patches stay visible, the same for every image;
///  2. `draw(request, order)`: writes a permutation of the patches, of which the first visible(patches) stay visible.
/// Equal requests give equal masks, whoever asks.
template <class M>
concept mask_policy = requires(const M& mask, const request& r, std::int32_t* order) {
  { mask.visible(index{}) } -> std::convertible_to<index>;
  mask.draw(r, order);
};

/// Instantiated with a class that is no mask_policy, this says what is missing.
template <class M>
struct checked_mask {
  static_assert(
      requires(const M& mask) {
        { mask.visible(index{}) } -> std::convertible_to<index>;
      },
      "sdmae: a mask must bring `index visible(index patches) const`: how many of an image's patches stay visible");
  static_assert(
      requires(const M& mask, const request& r, std::int32_t* order) { mask.draw(r, order); },
      "sdmae: a mask must bring `void draw(const masking::request&, std::int32_t* order) const`: a permutation of "
      "the patches, visible ones first");
  static constexpr bool complete = mask_policy<M>;
};

}  // namespace sdmae::masking
