// An architecture on a backend, and what trains it, behind an interface derived from `training`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/model/features.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "sdmae/train/training.hpp"

namespace sdmae {

/// `Train`: pretrainer, or what derives from it.
template <class Interface, class Train>
class built_training : public Interface {
 public:
  using model_type = typename Train::model_type;
  using architecture = typename Train::architecture;
  using backend_type = typename model_type::backend_type;

  image_shape image() const override { return architecture::image; }
  index parameter_count() const override { return model_.parameter_count(); }
  double work(index images) override { return train_.work(images); }
  memory_plan plan(index images, index slice) override { return train_.plan(images, slice); }
  static void plan_resident(backend_type& backend, arena& memory) { Train::plan_resident(backend, memory); }
  index steps_done() const override { return train_.steps_done(); }
  void set_steps_done(index steps) override { train_.set_steps_done(steps); }

  index feature_width() const override { return extractor_type::width; }
  double features(byte_batch& images, index slice, float* out) override {
    if (!extractor_ || extracted_together_ != slice) extractor_.emplace(model_, slice);
    extracted_together_ = slice;
    (*extractor_)(images, out);
    return extractor_->work(images.size());
  }
  std::size_t feature_memory(index slice) override { return extractor_type::memory(model_, slice); }

  std::vector<named_tensor> parameters() override {
    std::vector<named_tensor> tensors;
    for (const parameter& row : model_.table()) {
      tensors.push_back(access(std::string(row.name()), stored_shape(row), model_.flat() + row.offset));
      tensors.back().grid = {row.traits.grid_height, row.traits.grid_width};
    }
    return tensors;
  }

  std::vector<named_tensor> training_state() override {
    std::vector<named_tensor> tensors;
    for (const parameter& row : model_.table()) {
      if (!row.traits.trained) continue;
      const std::string name(row.name());
      const std::vector<index> shape = stored_shape(row);
      tensors.push_back(access("sdmae.adamw.m." + name, shape, train_.state().first_moments + row.offset));
      tensors.push_back(access("sdmae.adamw.v." + name, shape, train_.state().second_moments + row.offset));
    }
    train_.state().losses.persistent([&](const std::string& name, float* values, index count) {
      tensors.push_back(access("sdmae." + name, {count}, values));
    });
    return tensors;
  }

 protected:
  /// The backend moves in; it is made by the caller, who knows its options. `settings`: what Train takes beside a
  /// model.
  template <class... Settings>
  built_training(backend_type backend, const initialisation& from, Settings&&... settings)
      : backend_(std::move(backend)), model_(backend_, from), train_(model_, std::forward<Settings>(settings)...) {}

  template <class Batch>
  run_report take_step(Batch& batch) {
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

  /// Of a parameter in a checkpoint: its first rows are what is stored.
  virtual std::vector<index> stored_shape(const parameter& row) const {
    return {row.shape.extents.begin(), row.shape.extents.begin() + row.shape.rank};
  }

  model_type& held_model() { return model_; }
  const Train& train() const { return train_; }

 private:
  using extractor_type = feature_extractor<architecture, backend_type>;

  named_tensor access(std::string name, std::vector<index> shape, float* values) {
    index count = 1;
    for (const index extent : shape) count *= extent;
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

  backend_type backend_;
  model_type model_;
  Train train_;
  typename Train::report_type report_;
  std::optional<extractor_type> extractor_;
  index extracted_together_ = 0;
};

}  // namespace sdmae
