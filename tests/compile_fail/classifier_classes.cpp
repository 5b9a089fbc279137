// expect: Classes must be at least 2
#include "sdmae/model/classifier.hpp"

constexpr sdmae::image_shape tile{.height = 8, .width = 8, .patch = 4};
constexpr sdmae::vit_shape tower{.width = 8, .depth = 1, .heads = 2};

#ifdef SDMAE_SHOULD_COMPILE
template struct sdmae::vit_classifier<tile, tower, 2>;
#else
template struct sdmae::vit_classifier<tile, tower, 1>;
#endif
