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
#include "sdmae/vit/pooling.hpp"

namespace sdmae {

/// Features of an image: the encoder over all its patches, its final norm, then the mean over the patch tokens (a class
/// token left out) or the class token alone; of a vit_classifier, its scores, pooled as it says. Images pass in slices;
/// only two blocks' activations are held. The model must outlive the extractor, which reads the weights as they are
/// when it is made.
template <class Architecture, tensor_backend B, class Value = std::uint8_t>
class feature_extractor {
 public:
  using T = scalar_of<B>;
  static constexpr index D = Architecture::D;
  static constexpr bool classifies = Architecture::says == distilled::classes;
  static constexpr index width = classifies ? Architecture::K : D;  // of what stands for an image

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

  /// Pulls all images of a batch and writes their features to `out` on the host, [batch, width]. Allocates nothing.
  template <class Batch>
  void operator()(Batch& batch, T* out) {
    for (index first = 0; first < batch.size(); first += slice_) {
      const index count = std::min(slice_, batch.size() - first);
      batch.next(count, pixels_.data());
      arena memory(memory_.data());
      const rows_view<T, width> features = run(backend(), memory, count);
      backend().copy_out(out + first * width, features.data, count * width);
      backend().synchronise();
    }
  }

  /// Bytes that an extractor with such slices takes of the backend's memory.
  static std::size_t memory(model<Architecture, B>& from, index slice, pooling how = pooling::mean) {
    feature_extractor planned(from, how);
    planning_backend<B> nothing(from.backend());
    arena plan;
    planned.run(nothing, plan, slice);
    return plan.peak();
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

  /// One that only plans.
  feature_extractor(model<Architecture, B>& from, pooling how) : model_(from), slice_(0), pooling_(how) {}

  B& backend() { return model_.backend(); }

  /// The features of the first `count` images of pixels_.
  template <class Backend>
  rows_view<T, width> run(Backend& backend, arena& memory, index count) {
    const index rows = count * N, values = count * Architecture::image.values();
    Value* const images = memory.template take<Value>("images", values);
    std::int32_t* const patches = memory.template take<std::int32_t>("patches", rows);
    backend.copy_in(images, pixels_.data(), values);
    backend.copy_in(patches, patches_.data(), rows);
    const index tokens = count * (C + N);
    const auto embedded = encoder::embedding::template saved<T>::plan(memory, rows);
    const auto sequence = C > 0 ? memory.template rows<T, D>("sequence", tokens) : embedded.output;
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
    return summarise(backend, x, memory);
  }

  /// What stands for each image, from its tokens [count·(C + N), D] behind the last block.
  template <class Backend>
  rows_view<T, width> summarise(Backend& backend, rows_view<const T, D> tokens, arena& memory) {
    const index count = tokens.rows() / (C + N);
    if constexpr (classifies) {
      const auto s = Architecture::classification::template saved<T>::plan(memory, count);
      Architecture::classification::forward(backend, N, tokens, model_.weights().classification_, s);
      return s.scores;
    } else {
      const auto pooled = memory.template rows<T, D>("features", count);
      const auto normalised = tower::norm_layer::template saved<T>::plan(memory, tokens.rows());
      tower::norm_layer::forward(backend, tokens, model_.weights().encoder_.tower.norm, normalised);
      pool<C>(backend, N, rows_view<const T, D>(normalised.output), pooled, pooling_);
      return pooled;
    }
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
