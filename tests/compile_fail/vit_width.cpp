// expect: width must be divisible by heads
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr sdmae::vit_shape shape{.width = 96, .depth = 1, .heads = 4};
#else
constexpr sdmae::vit_shape shape{.width = 100, .depth = 1, .heads = 3};
#endif

template struct sdmae::checked_vit<shape>;
