// expect: a backend must bring `map(rows, width, f)`
#include "sdmae/backend/reference.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/model/model.hpp"

/// The reference backend without one of its eight operations.
struct mapless : sdmae::reference_backend<float> {
#ifndef SDMAE_SHOULD_COMPILE
  void map() = delete;
#endif
};

using architecture = sdmae::mae<sdmae::image_shape{.height = 8, .width = 8, .patch = 4},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2}>;

template class sdmae::model<architecture, mapless>;
