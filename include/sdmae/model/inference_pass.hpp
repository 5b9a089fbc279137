// One forward pass without losses or gradients: what a model makes of images under masks.
#pragma once

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

 private:
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

}  // namespace sdmae
