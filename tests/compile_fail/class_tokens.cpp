// expect: encoder and decoder must both have a class token or neither
#include "sdmae/model/sd_mae.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr bool in_decoder = true;
#else
constexpr bool in_decoder = false;
#endif

template struct sdmae::sd_mae<sdmae::image_shape{.height = 8, .width = 8, .patch = 4},
                              sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2, .class_token = true},
                              sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2, .class_token = in_decoder},
                              sdmae::head_shape{}>;
