// expect: sdmae::image_shape::width must be divisible by patch
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr sdmae::image_shape tile{.height = 96, .width = 96, .patch = 8};
#else
constexpr sdmae::image_shape tile{.height = 96, .width = 100, .patch = 8};
#endif

template struct sdmae::checked_image<tile>;
