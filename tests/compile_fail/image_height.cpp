// expect: height must be divisible by patch
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr sdmae::image_shape shape{.height = 96, .width = 96, .patch = 8};
#else
constexpr sdmae::image_shape shape{.height = 100, .width = 96, .patch = 8};
#endif

template struct sdmae::checked_image<shape>;
