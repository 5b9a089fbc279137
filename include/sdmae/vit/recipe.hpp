// How a family of models starts the weights that are not the blocks' own, and which tokens decay.
#pragma once

#include "sdmae/core/parameter.hpp"

namespace sdmae::vit {

/// `embedding`: of the patch embedding and of the layer between encoder and decoder; `token`: of class and mask tokens.
struct weight_recipe {
  initial embedding = initial::fan_in_uniform;
  initial token = initial::truncated_normal;
  bool tokens_decay = false;

  friend constexpr bool operator==(const weight_recipe&, const weight_recipe&) = default;
};

inline constexpr weight_recipe released_weights{};  // SD-MAE
inline constexpr weight_recipe he_et_al_weights{
    .embedding = initial::xavier_uniform, .token = initial::normal, .tokens_decay = true};

}  // namespace sdmae::vit
