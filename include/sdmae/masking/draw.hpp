// Masks for the images of a slice.
#pragma once

#include <cstdint>
#include <type_traits>

#include "sdmae/core/batch.hpp"
#include "sdmae/masking/concept.hpp"

namespace sdmae::masking {

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

}  // namespace sdmae::masking
