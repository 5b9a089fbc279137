// Inference with the decoder: what a model paints where it could not see.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/backend/planning.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/masking/draw.hpp"
#include "sdmae/model/model.hpp"

namespace sdmae {

/// `order` [count, N]: each image's patches, the first `visible` of them seen. `pixels` [count, N − visible, p·p·C]:
/// the others as painted, in the space of the reconstruction target the model was trained on.
template <class T>
struct painted {
  index visible = 0;
  std::vector<std::int32_t> order;
  std::vector<T> pixels;
};

/// Runs all images of a batch through the model at once, under masks drawn by `mask` from `seed`.
template <class Architecture, tensor_backend B, masking::mask_policy Mask, image_batch Batch>
painted<scalar_of<B>> paint(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, Batch& batch) {
  using T = scalar_of<B>;
  using Value = typename Batch::value_type;
  using saved_type = typename Architecture::template saved<T>;
  const index count = batch.size(), values = count * Architecture::image.values();
  if (count < 1) throw error("batch", "holds no image", "pass at least one image");
  painted<T> result;
  result.visible = mask.visible(Architecture::N);
  result.order.resize(static_cast<std::size_t>(count * Architecture::N));
  std::vector<Value> images(static_cast<std::size_t>(values));
  batch.next(count, images.data());
  masking::draw_slice<Architecture::image>(mask, seed, batch, 0, count, images.data(), result.order.data());

  from.prepare();
  saved_type saved;
  const auto run = [&](auto& backend, arena& memory) {
    Value* const pixels = memory.take<Value>("images", values);
    std::int32_t* const order = memory.take<std::int32_t>("masks", count * Architecture::N);
    backend.copy_in(pixels, images.data(), values);
    backend.copy_in(order, result.order.data(), count * Architecture::N);
    const mask_view masks{order, Architecture::N, result.visible};
    saved = saved_type::plan(memory, count, masks, pixels_output);
    Architecture::keep_branches(backend, saved);
    Architecture::forward(backend, typename image_format<Architecture::image, Value>::type{pixels}, masks,
                          from.tables(), from.weights(), from.prepared(), saved, memory);
  };
  arena plan;
  planning_backend<B> nothing(from.backend());
  run(nothing, plan);
  const auto memory = from.backend().allocate(plan.peak());
  arena real(memory.data());
  run(from.backend(), real);

  result.pixels.resize(static_cast<std::size_t>(saved.pixels().size()));
  from.backend().copy_out(result.pixels.data(), saved.pixels().data, saved.pixels().size());
  from.backend().synchronise();
  return result;
}

}  // namespace sdmae
