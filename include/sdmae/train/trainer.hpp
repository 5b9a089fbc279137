// A pre-trainer whose architecture and backend are chosen at run time, by name: what programs hold.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/arena.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/masking/any.hpp"
#include "sdmae/model/attention_study.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/model/reconstruction.hpp"
#include "sdmae/train/adamw.hpp"
#include "sdmae/train/report.hpp"
#include "sdmae/train/schedule.hpp"
#include "sdmae/vit/position_resize.hpp"

namespace sdmae {

/// One tensor of a training state by name, in float, with access from the host. `count` values.
struct named_tensor {
  std::string name;
  std::vector<index> shape;
  index count = 0;
  std::function<void(float*)> read;
  std::function<void(const float*)> write;
  vit::patch_grid grid = {};  // of a position table
};

/// How many images should pass through a model together when nobody says: enough tokens for the blocks of the products,
/// and no more, for memory grows with them. Results do not depend on it.
inline index default_slice(double tokens_of_an_image) {
  return std::max<index>(1, std::lround(320 / std::max(1.0, tokens_of_an_image)));
}

struct trainer_options {
  std::uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  index slice = 4;
  masking::any mask{masking::random{.ratio = 0.6}};
  double distill_weight = 0.2;  // λ of L = λ·L_sd + (1 − λ)·L_rec
  adamw optimiser;
  cosine_schedule schedule;
};

/// See pretrainer, model and paint, whose calls these are.
class trainer {
 public:
  virtual ~trainer() = default;

  /// A description of the architecture and policies, equal for equal ones: what a checkpoint must match to be resumed.
  virtual std::string policies() const = 0;
  virtual index parameter_count() const = 0;
  virtual index prototypes() const = 0;
  /// One step; see pretrainer::step.
  virtual run_report step(byte_batch& batch) = 0;
  /// See pretrainer::work and pretrainer::plan.
  virtual double work(index images) = 0;
  virtual memory_plan plan(index images, index slice) = 0;
  virtual index steps_done() const = 0;
  virtual void set_steps_done(index steps) = 0;
  /// Parameters under their released names.
  virtual std::vector<named_tensor> parameters() = 0;
  /// What else resuming needs: moments and the losses' states, names starting with "sdmae.".
  virtual std::vector<named_tensor> training_state() = 0;
  /// Images, and what the model paints where it does not see them.
  virtual reconstruction_images reconstruct(byte_batch& images) = 0;
  /// See study_attention; masks are the trainer's.
  virtual attention_study attention(byte_batch& images) = 0;
  virtual index feature_width() const = 0;
  /// Writes [images, feature_width()] to `out`; see feature_extractor. Returns the work of the products.
  virtual double features(byte_batch& images, index slice, float* out) = 0;
};

/// A way to make a trainer of one preset.
struct registered_preset {
  std::string name;
  image_shape image;
  recipe defaults;
  bool distills = true;  // has self-distillation
  std::function<std::unique_ptr<trainer>(const trainer_options&)> make;
  std::function<std::size_t()> resident;  // bytes that making one takes; see memory_plan
};

/// The presets compiled into this program. Object files add theirs before main.
inline std::vector<registered_preset>& preset_registry() {
  static std::vector<registered_preset> registry;
  return registry;
}

}  // namespace sdmae
