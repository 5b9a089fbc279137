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
/// Of 512 prototypes a fifth is the likeliest one of any of 2,420 tiles.
inline constexpr head_shape few_prototypes{.hidden = 512, .bottleneck = 128, .prototypes = 64};

/// Not the released target, pixels standardised by patch and channel: at this length of training it stays at what
/// predicting zero costs.
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

struct little_released : little<released_loss<pixels>, little_head> {
  static constexpr const char* name = "little_released";
};
struct little_stopped : little<stopped_loss<pixels>, little_head> {
  static constexpr const char* name = "little_stopped";
};
struct little_features : little<features_loss<pixels>, features_of_patches> {
  static constexpr const char* name = "little_features";
};
struct little_texture_released : little<released_loss<texture>, little_head> {
  static constexpr const char* name = "little_texture_released";
};
struct little_texture_stopped : little<stopped_loss<texture>, little_head> {
  static constexpr const char* name = "little_texture_stopped";
};
struct little_texture_stopped_64 : little<stopped_loss<texture>, few_prototypes> {
  static constexpr const char* name = "little_texture_stopped_64";
};
struct little_texture_features : little<features_loss<texture>, features_of_patches> {
  static constexpr const char* name = "little_texture_features";
};
struct middle_released : middle<released_loss<pixels>, little_head> {
  static constexpr const char* name = "middle_released";
};
struct middle_stopped : middle<stopped_loss<pixels>, little_head> {
  static constexpr const char* name = "middle_stopped";
};
struct middle_features : middle<features_loss<pixels>, features_of_patches> {
  static constexpr const char* name = "middle_features";
};
struct middle_texture_released : middle<released_loss<texture>, little_head> {
  static constexpr const char* name = "middle_texture_released";
};
struct middle_texture_stopped : middle<stopped_loss<texture>, little_head> {
  static constexpr const char* name = "middle_texture_stopped";
};
struct middle_texture_stopped_64 : middle<stopped_loss<texture>, few_prototypes> {
  static constexpr const char* name = "middle_texture_stopped_64";
};
struct middle_texture_features : middle<features_loss<texture>, features_of_patches> {
  static constexpr const char* name = "middle_texture_features";
};

using own =
    preset_list<little_released, little_stopped, little_features, little_texture_released, little_texture_stopped,
                little_texture_stopped_64, little_texture_features, middle_released, middle_stopped, middle_features,
                middle_texture_released, middle_texture_stopped, middle_texture_stopped_64, middle_texture_features>;

}  // namespace sdmae::presets
