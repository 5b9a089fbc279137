// Small models for tiles of a few hundred pixels: a little architecture for two cores under several policies of
// self-distillation, and one of twice the depth that sees twice as fine. Compiled in with
// -DSDMAE_PRESET_HEADER=<this file> -DSDMAE_PRESETS="little_released;little_stopped;…".
#pragma once

#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/loss/texture.hpp"
#include "sdmae/model/presets.hpp"

namespace sdmae::presets {

inline constexpr image_shape tiles_128{.height = 128, .width = 128, .patch = 16};
inline constexpr vit_shape little_encoder{.width = 192, .depth = 6, .heads = 6};
inline constexpr vit_shape middle_encoder{.width = 192, .depth = 12, .heads = 3};
inline constexpr vit_shape little_decoder{.width = 96, .depth = 2, .heads = 3};
inline constexpr head_shape little_head{.hidden = 512, .bottleneck = 128, .prototypes = 512};

/// At this length of training the released target, pixels less their patch's mean, stays at what predicting zero costs.
using pixels = loss::target::unit;
using texture = loss::target::texture;
inline constexpr recipe little_recipe{.base_learning_rate = 1.5e-3,
                                      .distill_weight = 0.1,
                                      .batch = 128,
                                      .epochs = 100,
                                      .warmup_epochs = 5,
                                      .beta2 = 0.95,
                                      .min_crop_scale = 0.25,
                                      .bicubic_crops = true,
                                      .mirror = 0.5};

/// A policy is a loss, and what it asks the model to distil.
template <class Loss, auto Distillation>
struct little {
  using architecture = sd_mae<tiles_128, little_encoder, little_decoder, Distillation>;
  using loss = Loss;
  static constexpr recipe defaults = little_recipe;
};
template <class Loss, auto Distillation>
struct middle : little<Loss, Distillation> {
  using architecture = sd_mae<tiles_224, middle_encoder, little_decoder, Distillation>;
};

using stopped_distillation = loss::self_distillation<loss::teacher_gradient::stop, loss::center_from::logits>;
inline constexpr stopped_distillation stopped_settings{.teacher_temperature = 0.003};

/// DINO's: the teacher's head does not learn and the center follows its scores. Averages over patches differ by
/// hundredths from tile to tile: it takes a temperature of that size for the teacher to decide anything.
template <class Target>
struct stopped_loss : distilling_loss<Target, stopped_distillation, stopped_settings> {
  static constexpr const char* policies = ", teacher gradient stop, center from logits, temperature 0.003";
};

using feature_distillation = loss::feature_distillation<loss::objective::cosine, loss::teacher_gradient::stop>;
inline constexpr feature_distillation feature_settings{};
inline constexpr feature_shape features_of_patches{.per_token = true};

/// Of features: the angle between the encoder's patches and a fixed projection of what the decoder makes of them.
template <class Target>
struct features_loss : distilling_loss<Target, feature_distillation, feature_settings> {
  static constexpr const char* policies = ", features by cosine, teacher gradient stop";
};

template <template <class, auto> class Model, class Target>
struct policies {
  using released = Model<released_loss<Target>, little_head>;
  using stopped = Model<stopped_loss<Target>, little_head>;
  using features = Model<features_loss<Target>, features_of_patches>;
};

struct little_released : policies<little, pixels>::released {
  static constexpr const char* name = "little_released";
};
struct little_stopped : policies<little, pixels>::stopped {
  static constexpr const char* name = "little_stopped";
};
struct little_features : policies<little, pixels>::features {
  static constexpr const char* name = "little_features";
};
struct little_texture_released : policies<little, texture>::released {
  static constexpr const char* name = "little_texture_released";
};
struct little_texture_stopped : policies<little, texture>::stopped {
  static constexpr const char* name = "little_texture_stopped";
};
struct little_texture_features : policies<little, texture>::features {
  static constexpr const char* name = "little_texture_features";
};
struct middle_released : policies<middle, pixels>::released {
  static constexpr const char* name = "middle_released";
};
struct middle_stopped : policies<middle, pixels>::stopped {
  static constexpr const char* name = "middle_stopped";
};
struct middle_features : policies<middle, pixels>::features {
  static constexpr const char* name = "middle_features";
};
struct middle_texture_released : policies<middle, texture>::released {
  static constexpr const char* name = "middle_texture_released";
};
struct middle_texture_stopped : policies<middle, texture>::stopped {
  static constexpr const char* name = "middle_texture_stopped";
};
struct middle_texture_features : policies<middle, texture>::features {
  static constexpr const char* name = "middle_texture_features";
};

using own = preset_list<little_released, little_stopped, little_features, little_texture_released,
                        little_texture_stopped, little_texture_features, middle_released, middle_stopped,
                        middle_features, middle_texture_released, middle_texture_stopped, middle_texture_features>;

}  // namespace sdmae::presets
