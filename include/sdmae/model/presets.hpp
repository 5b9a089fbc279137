// Architectures and recipes under the names they were released with (arXiv 2203.16983), and a small one to begin with.
#pragma once

#include "sdmae/loss/target.hpp"
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
};

namespace presets {

inline constexpr head_shape released_head{.hidden = 2048, .bottleneck = 256, .prototypes = 4096};
inline constexpr image_shape tiles_224{.height = 224, .width = 224, .patch = 16};
inline constexpr image_shape tiles_96{.height = 96, .width = 96, .patch = 8};
inline constexpr vit_shape tiny_encoder{.width = 192, .depth = 12, .heads = 3};
inline constexpr vit_shape small_encoder{.width = 384, .depth = 12, .heads = 6};

/// A preset: the architecture, the reconstruction target, and the recipe it was trained with.
struct pretrain_mae_tiny_patch16_224 {
  static constexpr const char* name = "pretrain_mae_tiny_patch16_224";
  using architecture = sd_mae<tiles_224, tiny_encoder, vit_shape{.width = 192, .depth = 2, .heads = 2}, released_head>;
  using target = loss::target::patch_channel;
  static constexpr recipe defaults{};
};

struct pretrain_mae_small_patch16_224 {
  static constexpr const char* name = "pretrain_mae_small_patch16_224";
  using architecture = sd_mae<tiles_224, small_encoder, vit_shape{.width = 192, .depth = 4, .heads = 3}, released_head>;
  using target = loss::target::patch_channel;
  static constexpr recipe defaults{};
};

struct pretrain_mae_smallEx_patch16_224 {
  static constexpr const char* name = "pretrain_mae_smallEx_patch16_224";
  using architecture = sd_mae<tiles_224, small_encoder, vit_shape{.width = 192, .depth = 8, .heads = 3}, released_head>;
  using target = loss::target::patch_channel;
  static constexpr recipe defaults{};
};

struct pretrain_mae_small_patch8_96 {
  static constexpr const char* name = "pretrain_mae_small_patch8_96";
  using architecture = sd_mae<tiles_96, small_encoder, vit_shape{.width = 192, .depth = 4, .heads = 3}, released_head>;
  using target = loss::target::patch_channel;
  static constexpr recipe defaults{};
};

/// Small enough to learn something within a minute on two cores. Its target are plain pixels, whose colors are learned
/// long before the structure that the released target asks for.
struct quickstart {
  static constexpr const char* name = "quickstart";
  using architecture =
      sd_mae<image_shape{.height = 64, .width = 64, .patch = 8}, vit_shape{.width = 128, .depth = 4, .heads = 4},
             vit_shape{.width = 64, .depth = 2, .heads = 2},
             head_shape{.hidden = 256, .bottleneck = 64, .prototypes = 256}>;
  using target = loss::target::unit;
  static constexpr recipe defaults{.base_learning_rate = 2e-2, .batch = 32, .epochs = 8, .warmup_epochs = 1};
};

}  // namespace presets
}  // namespace sdmae
