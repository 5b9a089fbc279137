// Masks for the images of a slice.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/masking/concept.hpp"

namespace sdmae::masking {

/// How many patches a mask leaves visible. Throws sdmae::error when a policy promises none, or more than there are.
template <mask_policy Mask>
index visible_patches(const Mask& mask, index patches) {
  const index visible = mask.visible(patches);
  if (visible < 1 || visible > patches)
    throw error("mask", "leaves " + std::to_string(visible) + " of " + std::to_string(patches) + " patches visible",
                "let its visible() return from 1 to the number of patches");
  return visible;
}

/// Draws the masks of images [first, first + count) of a batch into order: [count, patches]. `images`: [count, …], as
/// the batch has handed them out.
template <image_shape Image, mask_policy Mask, image_batch Batch>
void draw_slice(const Mask& mask, std::uint64_t seed, const Batch& batch, index first, index count,
                [[maybe_unused]] const typename Batch::value_type* images, std::int32_t* order) {
  for (index i = 0; i < count; ++i) {
    request r{.grid_height = Image.grid_height(),
              .grid_width = Image.grid_width(),
              .seed = seed,
              .epoch = static_cast<std::uint64_t>(batch.epoch()),
              .sample = static_cast<std::uint64_t>(batch.sample(first + i)),
              .patch = Image.patch,
              .channels = Image.channels};
    if constexpr (std::is_same_v<typename Batch::value_type, std::uint8_t>) r.image = images + i * Image.values();
    mask.draw(r, order + i * Image.patches());
  }
}

/// The masks of a whole batch; see mask_view.
struct drawn_masks {
  index visible = 0;
  std::vector<std::int32_t> order;  // [images, patches]
};

/// `images`: all of the batch, as it has handed them out.
template <image_shape Image, mask_policy Mask, image_batch Batch>
drawn_masks draw_batch(const Mask& mask, std::uint64_t seed, const Batch& batch,
                       const typename Batch::value_type* images) {
  drawn_masks drawn{visible_patches(mask, Image.patches()), {}};
  drawn.order.resize(static_cast<std::size_t>(batch.size() * Image.patches()));
  draw_slice<Image>(mask, seed, batch, 0, batch.size(), images, drawn.order.data());
  return drawn;
}

}  // namespace sdmae::masking
