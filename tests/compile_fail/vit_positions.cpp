// expect: width must be divisible by 4 for sin_cos_2d positions
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr int width = 8;
#else
constexpr int width = 6;
#endif

template struct sdmae::checked_vit<sdmae::vit_shape{
    .width = width, .depth = 1, .heads = 2, .positions = sdmae::position_kind::sin_cos_2d}>;
