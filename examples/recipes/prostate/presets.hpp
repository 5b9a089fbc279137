// Small models for tiles of a few hundred pixels: a little architecture for two cores under several policies of
// self-distillation, and one of twice the depth that sees twice as fine. Compiled in with
// -DSDMAE_PRESET_HEADER=<this file> -DSDMAE_PRESETS="little_released;little_stopped;…".
#pragma once

#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/model/presets.hpp"

namespace sdmae::presets {

inline constexpr image_shape tiles_128{.height = 128, .width = 128, .patch = 16};
inline constexpr vit_shape little_encoder{.width = 192, .depth = 6, .heads = 6};
inline constexpr vit_shape middle_encoder{.width = 192, .depth = 12, .heads = 3};
inline constexpr vit_shape little_decoder{.width = 96, .depth = 2, .heads = 3};
inline constexpr head_shape little_head{.hidden = 512, .bottleneck = 128, .prototypes = 512};

/// Plain pixels: at this length of training the released target stays at what predicting zero costs.
using little_target = loss::target::unit;
inline constexpr recipe little_recipe{.base_learning_rate = 1.5e-3,
                                      .distill_weight = 0.1,
                                      .batch = 128,
                                      .epochs = 100,
                                      .warmup_epochs = 5,
                                      .beta2 = 0.95,
                                      .min_crop_scale = 0.25,
                                      .bicubic_crops = true,
                                      .mirror = 0.5};

template <auto Distillation>
using little_model = sd_mae<tiles_128, little_encoder, little_decoder, Distillation>;
using middle_model = sd_mae<tiles_224, middle_encoder, little_decoder, little_head>;

/// The released policy.
struct little_released {
  static constexpr const char* name = "little_released";
  using architecture = little_model<little_head>;
  using loss = released_loss<little_target>;
  static constexpr recipe defaults = little_recipe;
};

using stopped_distillation =
    loss::self_distillation<loss::teacher_gradient::stop, loss::center_from::logits>;
inline constexpr stopped_distillation stopped_settings{.teacher_temperature = 0.003};

/// DINO's: the teacher's head does not learn and the center follows its scores. Averages over patches differ by
/// hundredths from tile to tile: it takes a temperature of that size for the teacher to decide anything.
struct little_stopped {
  static constexpr const char* name = "little_stopped";
  using architecture = little_model<little_head>;
  struct loss : distilling_loss<little_target, stopped_distillation, stopped_settings> {
    static constexpr const char* policies = ", teacher gradient stop, center from logits, temperature 0.003";
  };
  static constexpr recipe defaults = little_recipe;
};

using feature_distillation = loss::feature_distillation<loss::objective::cosine, loss::teacher_gradient::stop>;
inline constexpr feature_distillation feature_settings{};

/// Of features: the angle between the encoder's patches and a fixed projection of what the decoder makes of them.
struct little_features {
  static constexpr const char* name = "little_features";
  using architecture = little_model<feature_shape{.per_token = true}>;
  struct loss : distilling_loss<little_target, feature_distillation, feature_settings> {
    static constexpr const char* policies = ", features by cosine, teacher gradient stop";
  };
  static constexpr recipe defaults = little_recipe;
};

struct middle_released : little_released {
  static constexpr const char* name = "middle_released";
  using architecture = middle_model;
};
struct middle_stopped : little_stopped {
  static constexpr const char* name = "middle_stopped";
  using architecture = middle_model;
};

using own = preset_list<little_released, little_stopped, little_features, middle_released, middle_stopped>;

}  // namespace sdmae::presets
