// A preset on a backend behind the trainer interface. Compiled once per preset, in a translation unit of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/masking/any.hpp"
#include "sdmae/model/features.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "sdmae/train/trainer.hpp"

namespace sdmae {

template <class Preset, tensor_backend B>
class preset_trainer final : public trainer {
 public:
  /// The backend moves in; it is made by the caller, who knows its options.
  preset_trainer(B backend, const trainer_options& options)
      : backend_(std::move(backend)),
        model_(backend_, {.seed = options.seed}),
        train_(model_, options.mask, Preset::loss::make(options.distill_weight), options.optimiser,
               {.seed = options.seed, .slice = options.slice, .schedule = options.schedule}) {}

  std::string policies() const override {
    return "mask " + std::string(train_.mask().name()) + ", target " + target::name + Preset::loss::policies;
  }
  index parameter_count() const override { return model_.parameter_count(); }
  index prototypes() const override { return Preset::architecture::K; }
  double work(index images) override { return train_.work(images); }
  memory_plan plan(index images, index slice) override { return train_.plan(images, slice); }
  static void plan_resident(B& backend, arena& memory) { pretrainer_type::plan_resident(backend, memory); }
  index steps_done() const override { return train_.steps_done(); }
  void set_steps_done(index steps) override { train_.set_steps_done(steps); }

  run_report step(byte_batch& batch) override {
    extractor_.reset();  // it holds the weights as they were
    report_ = train_.step(batch);
    return {report_.step,
            report_.epoch,
            report_.loss,
            report_.terms,
            report_.learning_rate,
            report_.gradient_norm,
            report_.feature_deviation,
            report_.feature_rank};
  }

  reconstruction_images reconstruct(byte_batch& images) override {
    return sdmae::reconstruct<target>(model_, train_.mask(), train_.options().seed, images);
  }

  attention_study attention(byte_batch& images) override {
    return study_attention(model_, train_.mask(), train_.options().seed, images);
  }
  index feature_width() const override { return Preset::architecture::D; }
  double features(byte_batch& images, index slice, float* out) override {
    if (!extractor_ || extracted_together_ != slice) extractor_.emplace(model_, slice);
    extracted_together_ = slice;
    (*extractor_)(images, out);
    return extractor_->work(images.size());
  }

  std::vector<named_tensor> parameters() override {
    std::vector<named_tensor> tensors;
    for (const parameter& row : model_.table()) {
      tensors.push_back(access(std::string(row.name()), shape_of(row), model_.flat() + row.offset, row.count()));
      tensors.back().grid = {row.traits.grid_height, row.traits.grid_width};
    }
    return tensors;
  }

  std::vector<named_tensor> training_state() override {
    std::vector<named_tensor> tensors;
    for (const parameter& row : model_.table()) {
      if (!row.traits.trained) continue;
      const std::string name(row.name());
      tensors.push_back(
          access("sdmae.adamw.m." + name, shape_of(row), train_.state().first_moments + row.offset, row.count()));
      tensors.push_back(
          access("sdmae.adamw.v." + name, shape_of(row), train_.state().second_moments + row.offset, row.count()));
    }
    train_.state().losses.persistent([&](const std::string& name, float* values, index count) {
      tensors.push_back(access("sdmae." + name, {count}, values, count));
    });
    return tensors;
  }

 private:
  using target = typename Preset::loss::target;
  using model_type = model<typename Preset::architecture, B>;
  using pretrainer_type = pretrainer<model_type, masking::any, typename Preset::loss::type>;

  static std::vector<index> shape_of(const parameter& row) {
    return {row.shape.extents.begin(), row.shape.extents.begin() + row.shape.rank};
  }
  named_tensor access(std::string name, std::vector<index> shape, float* values, index count) {
    return {std::move(name), std::move(shape), count,
            [this, values, count](float* out) {
              backend_.copy_out(out, values, count);
              backend_.synchronise();
            },
            [this, values, count](const float* in) {
              extractor_.reset();
              backend_.copy_in(values, in, count);
              backend_.synchronise();
            }};
  }

  B backend_;
  model_type model_;
  pretrainer_type train_;
  typename pretrainer_type::report_type report_;
  std::optional<feature_extractor<typename Preset::architecture, B>> extractor_;
  index extracted_together_ = 0;
};

}  // namespace sdmae
