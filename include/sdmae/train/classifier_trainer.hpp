// A fine-tuner whose architecture and backend are chosen at run time, by the name of a preset: what programs hold.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/shapes.hpp"
#include "sdmae/train/built_training.hpp"
#include "sdmae/train/finetuner.hpp"

namespace sdmae {

struct classifier_options {
  std::uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  index slice = 4, classes = 2;
  double smoothing = 0.1, layer_decay = 0.75, drop_path = 0.1;
  adamw optimiser;
  cosine_schedule schedule;
};

/// Its features are the scores of the classes.
class classifier_trainer : public training {
 public:
  /// One step; see pretrainer::step.
  virtual run_report step(labelled_byte_batch& batch) = 0;
};

/// A way to make a classifier of one preset.
struct registered_classifier {
  std::string name;
  image_shape image;
  std::function<std::unique_ptr<classifier_trainer>(const classifier_options&)> make;
  std::function<std::size_t()> resident;  // bytes that making one takes; see memory_plan
};

/// Those compiled into this program. Object files add theirs before main.
inline std::vector<registered_classifier>& classifier_registry() {
  static std::vector<registered_classifier> registry;
  return registry;
}

/// As many classes as a program's classifiers have room for: how many a data set has is known at run time only.
inline constexpr index most_classes = 1000;

namespace detail {
template <class Preset, class B>
using classifier_training =
    built_training<classifier_trainer, finetuner<model<classifier_of<typename Preset::architecture, most_classes>, B>>>;
}  // namespace detail

/// Compiled once per preset, in a translation unit of its own. A checkpoint holds the rows of the head that are used.
template <class Preset, tensor_backend B>
class preset_classifier final : public detail::classifier_training<Preset, B> {
  using built = detail::classifier_training<Preset, B>;

 public:
  preset_classifier(B backend, const classifier_options& options)
      : built(std::move(backend), {.seed = options.seed},
              loss::cross_entropy{.smoothing = options.smoothing, .classes = options.classes}, options.optimiser,
              pretrain_settings{.seed = options.seed,
                                .slice = options.slice,
                                .schedule = options.schedule,
                                .drop_path = options.drop_path,
                                .layer_decay = options.layer_decay}),
        classes_(options.classes) {}

  std::string policies() const override { return "classes from the mean over patches, cross-entropy"; }
  run_report step(labelled_byte_batch& batch) override { return this->take_step(batch); }
  index parameter_count() const override {
    return built::parameter_count() - (most_classes - classes_) * (built::architecture::D + 1);
  }

  index feature_width() const override { return classes_; }
  double features(byte_batch& images, index slice, float* out) override {
    const index count = images.size();
    scores_.resize(static_cast<std::size_t>(count * most_classes));
    const double work = built::features(images, slice, scores_.data());
    for (index i = 0; i < count; ++i) std::copy_n(scores_.data() + i * most_classes, classes_, out + i * classes_);
    return work;
  }

 private:
  std::vector<index> stored_shape(const parameter& row) const override {
    std::vector<index> shape = built::stored_shape(row);
    if (row.name().substr(0, 5) == "head.") shape[0] = classes_;
    return shape;
  }

  index classes_;
  std::vector<float> scores_;
};

}  // namespace sdmae
