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

/// What stands for an image: the mean over its patch tokens, or its class token.
enum class pooling { mean, class_token };

/// pooled(image, ·) = Σ_t tokens(image·(C + N) + C + t, ·)/N, or the class token's row. Overwritten.
template <index N, index C, tensor_backend B, index D>
void pool(B& backend, rows_view<const scalar_of<B>, D> tokens, rows_view<scalar_of<B>, D> pooled, pooling how) {
  using T = scalar_of<B>;
  const bool mean = how == pooling::mean;
  backend.map(pooled.rows(), D, [=] SDMAE_ELEMENT(index image, index c) {
    T sum = mean ? T(0) : tokens(image * (C + N), c);
    for (index t = 0; mean && t < N; ++t) sum += tokens(image * (C + N) + C + t, c);
    pooled(image, c) = mean ? sum / T(N) : sum;
  });
}

/// Features of an image: the encoder over all its patches, its final norm, then the mean over the patch tokens (a class
/// token left out) or the class token alone. Images pass in slices; only two blocks' activations are held. The model
/// must outlive the extractor, which reads the weights as they are when it is made.
template <class Architecture, tensor_backend B, class Value = std::uint8_t>
class feature_extractor {
 public:
  using T = scalar_of<B>;
  static constexpr index D = Architecture::D;

  explicit feature_extractor(model<Architecture, B>& from, index slice = 4, pooling how = pooling::mean)
      : model_(from), slice_(slice), pooling_(how) {
    if (how == pooling::class_token && C == 0)
      throw error("pooling", "this architecture has no class token", "take the mean, or set vit_shape::class_token");
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
  static constexpr index N = Architecture::N, C = Architecture::encoder::C;
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
    const index tokens = count * (C + N);
    const auto embedded = encoder::embedding::template saved<T>::plan(memory, rows);
    const auto sequence = C > 0 ? memory.template rows<T, D>("sequence", tokens) : embedded.output;
    const auto normalised = tower::norm_layer::template saved<T>::plan(memory, tokens);
    std::array<typename tower::block::template saved<T>, 2> blocks;
    for (auto& block : blocks) block = tower::block::template saved<T>::plan(memory, count, tokens);
    for (auto& block : blocks) tower::block::keep_branches(backend, block);

    const auto& p = model_.weights().encoder_;
    encoder::embed(backend, typename image_format<Architecture::image, Value>::type{images}, N, patches,
                   model_.tables().encoder_positions, p, embedded, sequence);
    rows_view<const T, D> x = sequence;
    for (std::size_t i = 0; i < p.tower.blocks.size(); ++i) {
      tower::block::forward(backend, C + N, x, p.tower.blocks[i], blocks[i % 2], memory);
      x = blocks[i % 2].output;
    }
    tower::norm_layer::forward(backend, x, p.tower.norm, normalised);
    pool<N, C>(backend, rows_view<const T, D>(normalised.output), pooled, pooling_);
    return pooled;
  }

  using memory_type = decltype(std::declval<B&>().allocate(std::size_t{}));
  model<Architecture, B>& model_;
  index slice_;
  pooling pooling_;
  memory_type memory_;
  std::vector<Value> pixels_;
  std::vector<std::int32_t> patches_;  // every patch of every image of a slice
};

}  // namespace sdmae
