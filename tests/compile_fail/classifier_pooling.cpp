// expect: pooling::class_token needs a class token
#include "sdmae/model/classifier.hpp"

constexpr sdmae::image_shape tile{.height = 8, .width = 8, .patch = 4};

#ifdef SDMAE_SHOULD_COMPILE
constexpr bool there = true;
#else
constexpr bool there = false;
#endif

template struct sdmae::vit_classifier<tile, sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2, .class_token = there},
                                      2, sdmae::autoencoder_family{}, sdmae::pooling::class_token>;
