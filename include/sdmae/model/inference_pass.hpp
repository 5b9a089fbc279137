// One forward pass without losses or gradients: what a model makes of images under masks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "sdmae/backend/planning.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/masking/draw.hpp"
#include "sdmae/model/model.hpp"

namespace sdmae {

/// Runs `count` images through a model at once when it is made, and holds what they leave, in the backend's memory: the
/// outputs that `asked` names (bits of outputs) and the activations before them. Every branch is kept. `images`: on the
/// host, 8-bit or normalised as batches hand them out. Throws sdmae::error when there is no image.
template <class Architecture, tensor_backend B>
class inference_pass {
 public:
  using T = scalar_of<B>;
  using saved_type = typename Architecture::template saved<T>;

  template <class Value>
  inference_pass(model<Architecture, B>& from, const Value* images, index count, const masking::drawn_masks& masks,
                 unsigned asked) {
    if (count < 1) throw error("batch", "holds no image", "pass at least one image");
    from.prepare();
    planning_backend<B> nothing(from.backend());
    arena plan;
    run(nothing, from, plan, images, count, masks, asked);
    memory_ = from.backend().allocate(plan.peak());
    arena real(memory_.data());
    run(from.backend(), from, real, images, count, masks, asked);
  }

  const saved_type& saved() const { return saved_; }

  /// Bytes that a pass of `count` 8-bit images takes of the backend's memory, `visible` patches of each seen.
  static std::size_t memory(model<Architecture, B>& from, index count, index visible, unsigned asked) {
    planning_backend<B> nothing(from.backend());
    arena plan;
    inference_pass planned;
    planned.run(nothing, from, plan, static_cast<const std::uint8_t*>(nullptr), count, {visible, {}}, asked);
    return plan.peak();
  }

 private:
  inference_pass() = default;

  template <class Backend, class Value>
  void run(Backend& backend, model<Architecture, B>& from, arena& memory, const Value* images, index count,
           const masking::drawn_masks& masks, unsigned asked) {
    const index values = count * Architecture::image.values();
    Value* const pixels = memory.take<Value>("images", values);
    std::int32_t* const order = memory.take<std::int32_t>("masks", count * Architecture::N);
    backend.copy_in(pixels, images, values);
    backend.copy_in(order, masks.order.data(), count * Architecture::N);
    const mask_view view{order, Architecture::N, masks.visible};
    saved_ = saved_type::plan(memory, count, view, asked);
    Architecture::keep_branches(backend, saved_);
    Architecture::forward(backend, typename image_format<Architecture::image, Value>::type{pixels}, view, from.tables(),
                          from.weights(), from.prepared(), saved_, memory);
  }

  decltype(std::declval<B&>().allocate(std::size_t{})) memory_;
  saved_type saved_;
};

/// Runs a batch through a model, at most `slice` images at once, under masks drawn by `mask` from `seed`:
/// read(pass, masks, first, count) for each slice. `images`: all of the batch, as it has handed them out. Throws
/// sdmae::error for a batch without images, and for a slice below 1.
template <class Architecture, tensor_backend B, masking::mask_policy Mask, image_batch Batch, class Read>
void infer_in_slices(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, const Batch& batch,
                     const typename Batch::value_type* images, index slice, unsigned asked, Read read) {
  if (batch.size() < 1) throw error("batch", "holds no image", "pass at least one image");
  if (slice < 1) throw error("slice", "must be at least 1", "choose how many images pass together");
  constexpr image_shape Image = Architecture::image;
  masking::drawn_masks masks{masking::visible_patches(mask, Image.patches()), {}};
  for (index first = 0; first < batch.size(); first += slice) {
    const index count = std::min(slice, batch.size() - first);
    const auto* const pixels = images + first * Image.values();
    masks.order.resize(static_cast<std::size_t>(count * Image.patches()));
    masking::draw_slice<Image>(mask, seed, batch, first, count, pixels, masks.order.data());
    read(inference_pass<Architecture, B>(from, pixels, count, masks, asked), masks, first, count);
  }
}

}  // namespace sdmae
