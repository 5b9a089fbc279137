// The configurations that parity can replay: those of the small golden cases, and the presets.
#pragma once

#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/model/presets.hpp"

namespace program::cases {

inline constexpr sdmae::head_shape small_head{.hidden = 24, .bottleneck = 8, .prototypes = 40};

/// The policies of the released loss.
struct released_policies {
  using teacher_gradient = sdmae::loss::teacher_gradient::flow;
  using center_from = sdmae::loss::center_from::probabilities;
  using target = sdmae::loss::target::patch_channel;
};

/// `small` cases also run on the reference backend, which has no speed.
struct tiny : released_policies {
  static constexpr bool small = true;
  using architecture = sdmae::sd_mae<sdmae::image_shape{.height = 32, .width = 32, .patch = 8},
                                     sdmae::vit_shape{.width = 32, .depth = 2, .heads = 2},
                                     sdmae::vit_shape{.width = 16, .depth = 1, .heads = 2}, small_head>;
};
struct tiny_rect : released_policies {
  static constexpr bool small = true;
  using architecture =
      sdmae::sd_mae<sdmae::image_shape{.height = 32, .width = 48, .patch = 8},
                    sdmae::vit_shape{.width = 32, .depth = 3, .heads = 4, .mlp_ratio = 2, .layer_scale = true},
                    sdmae::vit_shape{.width = 24, .depth = 2, .heads = 3}, small_head>;
};
struct tiny_dino : tiny {
  using teacher_gradient = sdmae::loss::teacher_gradient::stop;
  using center_from = sdmae::loss::center_from::logits;
};
struct tiny_raw_target : tiny {
  using center_from = sdmae::loss::center_from::none;
  using target = sdmae::loss::target::unit;
};

struct tiny_mae {
  static constexpr bool small = true;
  using architecture = sdmae::mae<sdmae::image_shape{.height = 32, .width = 32, .patch = 8},
                                  sdmae::vit_shape{.width = 32, .depth = 2, .heads = 2},
                                  sdmae::vit_shape{.width = 16, .depth = 1, .heads = 2}>;
  using target = sdmae::loss::target::patch;
};
struct tiny_mae_rect {
  static constexpr bool small = true;
  using architecture = sdmae::mae<sdmae::image_shape{.height = 48, .width = 32, .patch = 8},
                                  sdmae::vit_shape{.width = 48, .depth = 2, .heads = 3},
                                  sdmae::vit_shape{.width = 24, .depth = 2, .heads = 2}>;
  using target = sdmae::loss::target::input;
};

/// Any preset, with the policies it was released with.
template <class Preset>
struct released : released_policies {
  static constexpr bool small = false;
  using architecture = typename Preset::architecture;
  using target = typename Preset::loss::target;
};

}  // namespace program::cases
