// expect: patch must be at least 2
#include "sdmae/core/shapes.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr sdmae::image_shape shape{.height = 96, .width = 96, .patch = 8};
#else
constexpr sdmae::image_shape shape{.height = 96, .width = 96, .patch = 1};
#endif

template struct sdmae::checked_image<shape>;
