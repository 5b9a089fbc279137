// Batches that the caller holds as xtensor arrays.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <xtensor/xtensor.hpp>

#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae {

/// A batch over `images`, which must outlive it: std::uint8_t [B, H, W, C], or floating point [B, C, H, W] normalised
/// by the channel statistics. Throws sdmae::error for an array of another shape.
template <image_shape Image, class Value>
array_batch<Image, Value> batch_of(const xt::xtensor<Value, 4>& images, index epoch = 0, index first_sample = 0) {
  constexpr std::size_t h = Image.height, w = Image.width, c = Image.channels;
  const std::array<std::size_t, 3> want =
      std::is_same_v<Value, std::uint8_t> ? std::array<std::size_t, 3>{h, w, c} : std::array<std::size_t, 3>{c, h, w};
  for (std::size_t i = 0; i < 3; ++i)
    if (images.shape()[i + 1] != want[i])
      throw error("batch",
                  "dimension " + std::to_string(i + 1) + " of the array is " + std::to_string(images.shape()[i + 1]) +
                      ", the model sees " + std::to_string(want[i]),
                  "pass [B, H, W, C] bytes or [B, C, H, W] normalised values of the model's image shape");
  return {images.data(), static_cast<index>(images.shape()[0]), epoch, first_sample};
}

}  // namespace sdmae
