// What every training run has in common whose architecture and backend are chosen at run time.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "sdmae/core/arena.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/shapes.hpp"
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
/// and no more, for memory grows with them. Results on the CPU do not depend on it.
inline index default_slice(double tokens_of_an_image) {
  return std::max<index>(1, std::lround(320 / std::max(1.0, tokens_of_an_image)));
}

/// What checkpoints, plans and inference ask of one. See pretrainer, model and feature_extractor, whose calls these
/// are.
class training {
 public:
  virtual ~training() = default;

  /// A description of the architecture and policies, equal for equal ones: what a checkpoint must match to be resumed.
  virtual std::string policies() const = 0;
  virtual image_shape image() const = 0;
  virtual index parameter_count() const = 0;
  /// See pretrainer::work and pretrainer::plan.
  virtual double work(index images) = 0;
  virtual memory_plan plan(index images, index slice) = 0;
  virtual index steps_done() const = 0;
  virtual void set_steps_done(index steps) = 0;
  /// Parameters under their released names.
  virtual std::vector<named_tensor> parameters() = 0;
  /// What else resuming needs: moments and the losses' states, names starting with "sdmae.".
  virtual std::vector<named_tensor> training_state() = 0;
  virtual index feature_width() const = 0;
  /// Writes [images, feature_width()] to `out`; see feature_extractor. Returns the work of the products.
  virtual double features(byte_batch& images, index slice, float* out) = 0;
  /// Bytes that features of such slices take of the backend's memory.
  virtual std::size_t feature_memory(index slice) = 0;
};

}  // namespace sdmae
