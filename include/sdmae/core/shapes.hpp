// Architecture as values: shapes of images, transformers and projection heads, fit to be template arguments.
#pragma once

#include "sdmae/core/config.hpp"

namespace sdmae {

/// An image of height × width pixels, cut into a row-major grid of square patches.
struct image_shape {
  int height = 224;
  int width = 224;
  int patch = 16;
  int channels = 3;

  constexpr int grid_height() const { return height / patch; }
  constexpr int grid_width() const { return width / patch; }
  constexpr int patches() const { return grid_height() * grid_width(); }   // N
  constexpr int patch_values() const { return patch * patch * channels; }  // p·p·C
  constexpr int values() const { return height * width * channels; }       // H·W·C
  friend constexpr bool operator==(const image_shape&, const image_shape&) = default;
};

/// Where the qkv projection has a bias: on queries and values (released SD-MAE) or on all three (He et al.).
enum class qkv_bias { query_and_value, full };

/// How a token knows its place. `sinusoid_1d`: a fixed table over the patches in reading order (released SD-MAE), part
/// of no checkpoint. `sin_cos_2d`: fixed, half the channels for the column and half for the row (He et al.), stored in
/// checkpoints and used as stored. `learned`: trained.
enum class position_kind { sinusoid_1d, sin_cos_2d, learned };

/// A transformer tower: token width D, number of blocks, attention heads, MLP width as a multiple of D; whether each
/// residual branch has a learned gain per channel (layer scale), and whether branches are dropped at random while
/// training (drop path); the width of a head where it is not D/heads; and what a vision transformer adds: biases,
/// a class token before the patch tokens, positions, a layer norm behind the last block.
struct vit_shape {
  int width = 384;
  int depth = 12;
  int heads = 6;
  int mlp_ratio = 4;
  bool layer_scale = false;
  bool drop_path = false;
  int width_of_head = 0;  // 0: width / heads
  qkv_bias bias = qkv_bias::query_and_value;
  bool class_token = false;
  position_kind positions = position_kind::sinusoid_1d;
  bool final_norm = true;

  constexpr int head_width() const { return width_of_head > 0 ? width_of_head : width / heads; }
  constexpr int attention_width() const { return heads * head_width(); }
  constexpr int hidden() const { return mlp_ratio * width; }
  constexpr int class_tokens() const { return class_token ? 1 : 0; }
  friend constexpr bool operator==(const vit_shape&, const vit_shape&) = default;
};

/// What a model's student and teacher say: nothing, scores over prototypes, features, or classes. Of the last the
/// student's are the model's own scores, and the teacher's the labels that come with the images.
enum class distilled { nothing, prototypes, features, classes };

/// Self-distillation over prototypes: an MLP in → hidden → hidden → bottleneck, then `prototypes` unit-norm rows; one
/// row of scores an image (the mean over its visible tokens, as released) or one a visible token.
struct head_shape {
  int hidden = 2048;
  int bottleneck = 256;
  int prototypes = 4096;
  bool per_token = false;

  static constexpr distilled kind = distilled::prototypes;
  friend constexpr bool operator==(const head_shape&, const head_shape&) = default;
};

/// Self-distillation on features: the decoder's visible tokens, through a linear layer to the encoder's width, teach
/// the encoder's; as the mean over an image's visible tokens, or token by token.
struct feature_shape {
  bool per_token = false;

  static constexpr distilled kind = distilled::features;
  friend constexpr bool operator==(const feature_shape&, const feature_shape&) = default;
};

/// Instantiated with a shape, these refuse a wrong one with a sentence that names the member, the rule and the remedy.
template <image_shape Image>
struct checked_image {
  static_assert(Image.patch > 0 && Image.channels > 0 && Image.height > 0 && Image.width > 0,
                "sdmae::image_shape: height, width, patch and channels must be at least 1");
  static_assert(Image.patch <= 0 || Image.height % Image.patch == 0,
                "sdmae::image_shape::height must be divisible by patch: choose a patch that divides the height");
  static_assert(Image.patch <= 0 || Image.width % Image.patch == 0,
                "sdmae::image_shape::width must be divisible by patch: choose a patch that divides the width");
  static_assert(Image.patch > 1, "sdmae::image_shape::patch must be at least 2: a target is normalised over a patch");
  static_assert(Image.patch <= 0 || Image.patches() >= 2,
                "sdmae::image_shape: at least two patches are needed, one to see and one to hide: use a smaller patch");
  static constexpr image_shape value = Image;
};

template <vit_shape Tower>
struct checked_vit {
  static_assert(Tower.width > 0 && Tower.heads > 0, "sdmae::vit_shape: width and heads must be at least 1");
  static_assert(Tower.depth > 0, "sdmae::vit_shape::depth must be at least 1: a tower without blocks mixes no tokens");
  static_assert(Tower.heads <= 0 || Tower.width_of_head > 0 || Tower.width % Tower.heads == 0,
                "sdmae::vit_shape::width must be divisible by heads: every head takes an equal share of the width");
  static_assert(Tower.width_of_head >= 0, "sdmae::vit_shape::width_of_head must be at least 1, or 0 for width / heads");
  static_assert(Tower.mlp_ratio > 0, "sdmae::vit_shape::mlp_ratio must be at least 1");
  static_assert(
      Tower.positions != position_kind::sin_cos_2d || Tower.width % 4 == 0,
      "sdmae::vit_shape::width must be divisible by 4 for sin_cos_2d positions: sines and cosines of two axes");
  static constexpr vit_shape value = Tower;
};

template <head_shape Head>
struct checked_head {
  static_assert(Head.hidden > 0 && Head.bottleneck > 0, "sdmae::head_shape: hidden and bottleneck must be at least 1");
  static_assert(Head.prototypes > 1,
                "sdmae::head_shape::prototypes must be at least 2: a softmax over one prototype teaches nothing");
  static constexpr head_shape value = Head;
};

}  // namespace sdmae
