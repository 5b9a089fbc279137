// Architectures and recipes under the names they were released with (SD-MAE, arXiv 2203.16983; MAE, arXiv 2111.06377),
// and a small one to begin with.
#pragma once

#include <optional>

#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/model/sd_mae.hpp"

namespace sdmae {

/// The numbers of a pre-training recipe; run-time values, all of them can be changed without a rebuild.
struct recipe {
  double base_learning_rate = 6e-4;  // for 256 images a step; × batch/256
  double min_learning_rate = 1e-5;
  double weight_decay = 0.05;
  double mask_ratio = 0.6;
  double distill_weight = 0.2;
  index batch = 1024;
  index epochs = 100;
  index warmup_epochs = 5;
  double beta2 = 0.999;          // of AdamW
  bool he_et_al_masks = false;   // random masks by He et al.'s rounding, visible patches in the order drawn
  double min_crop_scale = 0.08;  // least share of a tile that a crop shows
  bool bicubic_crops = false;    // resized so, not bilinearly
  double mirror = 0;             // probability that left and right change places
};

namespace presets {

inline constexpr head_shape released_head{.hidden = 2048, .bottleneck = 256, .prototypes = 4096};
inline constexpr image_shape tiles_224{.height = 224, .width = 224, .patch = 16};
inline constexpr image_shape tiles_96{.height = 96, .width = 96, .patch = 8};
inline constexpr vit_shape tiny_encoder{.width = 192, .depth = 12, .heads = 3};
inline constexpr vit_shape small_encoder{.width = 384, .depth = 12, .heads = 6};

inline constexpr loss::self_distillation<> released_distillation{};

/// The loss of SD-MAE, L = λ·L_sd + (1 − λ)·L_rec, with a target and a distillation of the preset's.
template <class Target, class Distillation, const Distillation& Settings>
struct distilling_loss {
  using target = Target;
  using type = loss::weighted_sum<loss::reconstruction<Target>, Distillation>;
  static type make(double distill_weight, const std::optional<background>& without = {}) {
    return (1 - distill_weight) * loss::reconstruction<Target>{{}, without} + distill_weight * Settings;
  }
  static constexpr bool distills = true;
};

/// The released policy: both heads learn, the center follows the teacher's probabilities.
template <class Target>
struct released_loss : distilling_loss<Target, loss::self_distillation<>, released_distillation> {
  static constexpr const char* policies = ", teacher gradient flow, center from probabilities";
};

/// He et al.'s: pixels alone, of patches normalised as a whole.
struct he_et_al_loss {
  using target = loss::target::patch;
  using type = loss::weighted_sum<loss::reconstruction<target>>;
  static type make(double /*distill_weight*/, const std::optional<background>& without = {}) {
    return 1.0 * loss::reconstruction<target>{{}, without};
  }
  static constexpr bool distills = false;
  static constexpr const char* policies = "";
};

/// A preset: the architecture, the loss, and the recipe it was trained with.
struct pretrain_mae_tiny_patch16_224 {
  static constexpr const char* name = "pretrain_mae_tiny_patch16_224";
  using architecture = sd_mae<tiles_224, tiny_encoder, vit_shape{.width = 192, .depth = 2, .heads = 2}, released_head>;
  using loss = released_loss<sdmae::loss::target::patch_channel>;
  static constexpr recipe defaults{};
};

struct pretrain_mae_small_patch16_224 {
  static constexpr const char* name = "pretrain_mae_small_patch16_224";
  using architecture = sd_mae<tiles_224, small_encoder, vit_shape{.width = 192, .depth = 4, .heads = 3}, released_head>;
  using loss = released_loss<sdmae::loss::target::patch_channel>;
  static constexpr recipe defaults{};
};

struct pretrain_mae_smallEx_patch16_224 {
  static constexpr const char* name = "pretrain_mae_smallEx_patch16_224";
  using architecture = sd_mae<tiles_224, small_encoder, vit_shape{.width = 192, .depth = 8, .heads = 3}, released_head>;
  using loss = released_loss<sdmae::loss::target::patch_channel>;
  static constexpr recipe defaults{};
};

struct pretrain_mae_small_patch8_96 {
  static constexpr const char* name = "pretrain_mae_small_patch8_96";
  using architecture = sd_mae<tiles_96, small_encoder, vit_shape{.width = 192, .depth = 4, .heads = 3}, released_head>;
  using loss = released_loss<sdmae::loss::target::patch_channel>;
  static constexpr recipe defaults{};
};

inline constexpr recipe he_et_al_recipe{.base_learning_rate = 1.5e-4,
                                        .min_learning_rate = 0,
                                        .mask_ratio = 0.75,
                                        .distill_weight = 0,
                                        .batch = 4096,
                                        .epochs = 800,
                                        .warmup_epochs = 40,
                                        .beta2 = 0.95,
                                        .he_et_al_masks = true,
                                        .min_crop_scale = 0.2,
                                        .bicubic_crops = true,
                                        .mirror = 0.5};
inline constexpr image_shape tiles_224_by_14{.height = 224, .width = 224, .patch = 14};
inline constexpr vit_shape mae_decoder{.width = 512, .depth = 8, .heads = 16};

/// He et al. (arXiv 2111.06377, §A.1), under their names.
struct mae_vit_base_patch16 {
  static constexpr const char* name = "mae_vit_base_patch16";
  using architecture = mae<tiles_224, vit_shape{.width = 768, .depth = 12, .heads = 12}, mae_decoder>;
  using loss = he_et_al_loss;
  static constexpr recipe defaults = he_et_al_recipe;
};

struct mae_vit_large_patch16 {
  static constexpr const char* name = "mae_vit_large_patch16";
  using architecture = mae<tiles_224, vit_shape{.width = 1024, .depth = 24, .heads = 16}, mae_decoder>;
  using loss = he_et_al_loss;
  static constexpr recipe defaults = he_et_al_recipe;
};

struct mae_vit_huge_patch14 {
  static constexpr const char* name = "mae_vit_huge_patch14";
  using architecture = mae<tiles_224_by_14, vit_shape{.width = 1280, .depth = 32, .heads = 16}, mae_decoder>;
  using loss = he_et_al_loss;
  static constexpr recipe defaults = he_et_al_recipe;
};

/// Small enough to learn something within a minute on two cores. Its target are plain pixels, whose colors are learned
/// long before the structure that the released target asks for.
struct quickstart {
  static constexpr const char* name = "quickstart";
  using architecture =
      sd_mae<image_shape{.height = 64, .width = 64, .patch = 8}, vit_shape{.width = 128, .depth = 4, .heads = 4},
             vit_shape{.width = 64, .depth = 2, .heads = 2},
             head_shape{.hidden = 256, .bottleneck = 64, .prototypes = 256}>;
  using loss = released_loss<sdmae::loss::target::unit>;
  static constexpr recipe defaults{.base_learning_rate = 2e-2, .batch = 32, .epochs = 8, .warmup_epochs = 1};
};

template <class... Presets>
struct preset_list {};

/// All presets: where programs and builds take their names from, in the order in which they are told.
using all = preset_list<quickstart, pretrain_mae_tiny_patch16_224, pretrain_mae_small_patch16_224,
                        pretrain_mae_smallEx_patch16_224, pretrain_mae_small_patch8_96, mae_vit_base_patch16,
                        mae_vit_large_patch16, mae_vit_huge_patch14>;

}  // namespace presets
}  // namespace sdmae
