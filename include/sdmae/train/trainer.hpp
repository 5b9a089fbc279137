// A pre-trainer whose architecture and backend are chosen at run time, by name: what programs hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/core/background.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/masking/any.hpp"
#include "sdmae/model/attention_study.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/model/reconstruction.hpp"
#include "sdmae/train/adamw.hpp"
#include "sdmae/train/report.hpp"
#include "sdmae/train/schedule.hpp"
#include "sdmae/train/training.hpp"

namespace sdmae {

struct trainer_options {
  std::uint64_t seed = 0;
  int threads = 0;  // 0: all cores
  index slice = 4;
  masking::any mask{masking::random{.ratio = 0.6}};
  double distill_weight = 0.2;        // λ of L = λ·L_sd + (1 − λ)·L_rec
  std::optional<background> without;  // patches that reconstruction is not judged by
  adamw optimiser;
  cosine_schedule schedule;
};

/// See pretrainer, model and paint, whose calls these are.
class trainer : public training {
 public:
  virtual index prototypes() const = 0;
  /// One step; see pretrainer::step.
  virtual run_report step(byte_batch& batch) = 0;
  /// Images, and what the model paints where it does not see them; `slice` images pass together.
  virtual reconstruction_images reconstruct(byte_batch& images, index slice) = 0;
  /// See study_attention; masks are the trainer's.
  virtual attention_study attention(byte_batch& images, index slice) = 0;
  /// Bytes that a slice of either takes.
  virtual std::size_t inference_memory(index slice) = 0;
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
