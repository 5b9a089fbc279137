// How a training runs, beside its losses and its optimiser.
#pragma once

#include <cstdint>

#include "sdmae/core/error.hpp"
#include "sdmae/train/drop_path.hpp"
#include "sdmae/train/schedule.hpp"

namespace sdmae {

struct pretrain_settings {
  std::uint64_t seed = 0;      // of the masks
  index slice = 8;             // images that pass through the model together; no result depends on it
  cosine_schedule schedule{};  // peak 0: constant at the optimiser's learning rate
  double drop_path = 0;        // rate of the last block of towers that have drop path; see draw_drop_path
  double layer_decay = 1;      // of the learning rate, from layer to layer towards the image; see layer_rate
};

/// The settings, their schedule at `learning_rate` where it has no peak. Throws sdmae::error for those that an
/// architecture cannot be trained with.
template <class Architecture>
pretrain_settings checked_settings(pretrain_settings s, double learning_rate) {
  if (s.slice < 1) throw error("slice", "must be at least 1", "choose how many images pass together");
  if (!(s.drop_path >= 0 && s.drop_path < 1))
    throw error("drop_path", "must lie in [0, 1)", "choose the share of branches that the last block drops");
  if (s.drop_path > 0 && drop_path_values<Architecture>(1) == 0)
    throw error("drop_path", "this architecture drops nothing", "set vit_shape::drop_path of encoder or decoder");
  if (!(s.layer_decay > 0 && s.layer_decay <= 1))
    throw error("layer_decay", "must lie in (0, 1]", "1: every layer learns at the same rate");
  if (s.schedule.peak == 0) s.schedule = {.peak = learning_rate};
  return s;
}

}  // namespace sdmae
