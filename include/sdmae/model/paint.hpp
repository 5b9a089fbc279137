// Inference with the decoder: what a model paints where it could not see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sdmae/model/inference_pass.hpp"

namespace sdmae {

/// `order` [count, N]: each image's patches, the first `visible` of them seen. `pixels` [count, N − visible, p·p·C]:
/// the others as painted, in the space of the reconstruction target the model was trained on.
template <class T>
struct painted {
  index visible = 0;
  std::vector<std::int32_t> order;
  std::vector<T> pixels;
};

/// Runs all images of a batch through the model at once, under masks drawn by `mask` from `seed`. Throws sdmae::error
/// for a batch without images.
template <class Architecture, tensor_backend B, masking::mask_policy Mask, image_batch Batch>
painted<scalar_of<B>> paint(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, Batch& batch) {
  std::vector<typename Batch::value_type> images(static_cast<std::size_t>(batch.size() * Architecture::image.values()));
  batch.next(batch.size(), images.data());
  masking::drawn_masks masks = masking::draw_batch<Architecture::image>(mask, seed, batch, images.data());
  const inference_pass<Architecture, B> pass(from, images.data(), batch.size(), masks, pixels_output);
  const auto pixels = pass.saved().pixels();
  painted<scalar_of<B>> result{masks.visible, std::move(masks.order), {}};
  result.pixels.resize(static_cast<std::size_t>(pixels.size()));
  from.backend().copy_out(result.pixels.data(), pixels.data, pixels.size());
  from.backend().synchronise();
  return result;
}

}  // namespace sdmae
