// Inference with the decoder: what a model paints where it could not see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/model/inference_pass.hpp"

namespace sdmae {

/// `order` [count, N]: each image's patches, the first `visible` of them seen. `pixels` [count, N − visible, p·p·C]:
/// the others as painted, in the space of the reconstruction target the model was trained on; of a target of fewer
/// values the first ones, and nothing that means anything behind them.
template <class T>
struct painted {
  index visible = 0;
  std::vector<std::int32_t> order;
  std::vector<T> pixels;
};

/// Runs a batch through the model, at most `slice` images at once, under masks drawn by `mask` from `seed`. Throws
/// sdmae::error for a batch without images.
template <class Architecture, tensor_backend B, masking::mask_policy Mask, image_batch Batch>
painted<scalar_of<B>> paint(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, Batch& batch,
                            index slice = 4) {
  std::vector<typename Batch::value_type> images(static_cast<std::size_t>(batch.size() * Architecture::image.values()));
  batch.next(batch.size(), images.data());
  painted<scalar_of<B>> result;
  const auto read = [&](const auto& pass, const masking::drawn_masks& masks, index, index) {
    const auto pixels = pass.saved().pixels();
    result.visible = masks.visible;
    result.order.insert(result.order.end(), masks.order.begin(), masks.order.end());
    const std::size_t before = result.pixels.size();
    result.pixels.resize(before + static_cast<std::size_t>(pixels.size()));
    from.backend().copy_out(result.pixels.data() + before, pixels.data, pixels.size());
    from.backend().synchronise();
  };
  infer_in_slices(from, mask, seed, batch, images.data(), slice, pixels_output, read);
  return result;
}

}  // namespace sdmae
