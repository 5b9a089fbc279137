// expect: mlp_ratio must be at least 1
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr sdmae::vit_shape shape{.width = 96, .depth = 1, .heads = 4};
#else
constexpr sdmae::vit_shape shape{.width = 96, .depth = 1, .heads = 4, .mlp_ratio = 0};
#endif

template struct sdmae::checked_vit<shape>;
