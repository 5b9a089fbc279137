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

/// A transformer tower: token width D, number of blocks, attention heads, MLP width as a multiple of D, and whether
/// each residual branch has a learned gain per channel (layer scale).
struct vit_shape {
  int width = 384;
  int depth = 12;
  int heads = 6;
  int mlp_ratio = 4;
  bool layer_scale = false;

  constexpr int head_width() const { return width / heads; }
  constexpr int hidden() const { return mlp_ratio * width; }
  friend constexpr bool operator==(const vit_shape&, const vit_shape&) = default;
};

/// A projection head: an MLP in → hidden → hidden → bottleneck, then `prototypes` unit-norm rows.
struct head_shape {
  int hidden = 2048;
  int bottleneck = 256;
  int prototypes = 4096;

  friend constexpr bool operator==(const head_shape&, const head_shape&) = default;
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
  static_assert(Tower.heads <= 0 || Tower.width % Tower.heads == 0,
                "sdmae::vit_shape::width must be divisible by heads: every head takes an equal share of the width");
  static_assert(Tower.mlp_ratio > 0, "sdmae::vit_shape::mlp_ratio must be at least 1");
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
