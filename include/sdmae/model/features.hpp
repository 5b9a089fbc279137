// Inference with the encoder: one feature vector an image.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/backend/planning.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/model/model.hpp"

namespace sdmae {

/// mean(image, ·) = Σ_t tokens(image·N + t, ·)/N. Overwritten.
template <index N, tensor_backend B, index D>
void mean_of_tokens(B& backend, rows_view<const scalar_of<B>, D> tokens, rows_view<scalar_of<B>, D> mean) {
  using T = scalar_of<B>;
  backend.map(mean.rows(), D, [=] SDMAE_ELEMENT(index image, index c) {
    T sum = 0;
    for (index t = 0; t < N; ++t) sum += tokens(image * N + t, c);
    mean(image, c) = sum / T(N);
  });
}

/// Features of an image: the encoder over all its patches, its final norm, the mean over the tokens. Images pass in
/// slices; only two blocks' activations are held. The model must outlive the extractor, which reads the weights as they
/// are when it is made.
template <class Architecture, tensor_backend B, class Value = std::uint8_t>
class feature_extractor {
 public:
  using T = scalar_of<B>;
  static constexpr index D = Architecture::D;

  explicit feature_extractor(model<Architecture, B>& from, index slice = 4) : model_(from), slice_(slice) {
    if (slice < 1) throw error("slice", "must be at least 1", "choose how many images pass together");
    model_.prepare();
    planning_backend<B> nothing(backend());
    arena plan;
    run(nothing, plan, slice_);
    memory_ = backend().allocate(plan.peak());
    pixels_.resize(static_cast<std::size_t>(slice_ * Architecture::image.values()));
    for (index r = 0; r < slice_ * N; ++r) patches_.push_back(static_cast<std::int32_t>(r % N));
  }

  /// Pulls all images of a batch and writes their features to `out` on the host, [batch, D]. Allocates nothing.
  template <class Batch>
  void operator()(Batch& batch, T* out) {
    for (index first = 0; first < batch.size(); first += slice_) {
      const index count = std::min(slice_, batch.size() - first);
      batch.next(count, pixels_.data());
      arena memory(memory_.data());
      const rows_view<T, D> pooled = run(backend(), memory, count);
      backend().copy_out(out + first * D, pooled.data, count * D);
      backend().synchronise();
    }
  }

  /// Floating-point operations of the products for `count` images.
  double work(index count) {
    planning_backend<B> counting(backend());
    arena plan;
    run(counting, plan, count);
    return counting.work();
  }

 private:
  static constexpr index N = Architecture::N;
  using encoder = typename Architecture::encoder;
  using tower = typename encoder::blocks;

  B& backend() { return model_.backend(); }

  /// The features of the first `count` images of pixels_.
  template <class Backend>
  rows_view<T, D> run(Backend& backend, arena& memory, index count) {
    const index rows = count * N, values = count * Architecture::image.values();
    Value* const images = memory.template take<Value>("images", values);
    std::int32_t* const patches = memory.template take<std::int32_t>("patches", rows);
    backend.copy_in(images, pixels_.data(), values);
    backend.copy_in(patches, patches_.data(), rows);
    const auto pooled = memory.template rows<T, D>("features", count);
    const auto embedded = encoder::embedding::template saved<T>::plan(memory, rows);
    const auto normalised = tower::norm_layer::template saved<T>::plan(memory, rows);
    std::array<typename tower::block::template saved<T>, 2> blocks;
    for (auto& block : blocks) block = tower::block::template saved<T>::plan(memory, rows);

    const auto& p = model_.weights().encoder_;
    encoder::embedding::forward(backend, typename image_format<Architecture::image, Value>::type{images}, N, patches,
                                model_.tables().encoder_position, p.patch_embed, embedded);
    rows_view<const T, D> x = embedded.output;
    for (std::size_t i = 0; i < p.tower.blocks.size(); ++i) {
      tower::block::forward(backend, N, x, p.tower.blocks[i], blocks[i % 2], memory);
      x = blocks[i % 2].output;
    }
    tower::norm_layer::forward(backend, x, p.tower.norm, normalised);
    mean_of_tokens<N>(backend, rows_view<const T, D>(normalised.output), pooled);
    return pooled;
  }

  using memory_type = decltype(std::declval<B&>().allocate(std::size_t{}));
  model<Architecture, B>& model_;
  index slice_;
  memory_type memory_;
  std::vector<Value> pixels_;
  std::vector<std::int32_t> patches_;  // every patch of every image of a slice
};

}  // namespace sdmae
