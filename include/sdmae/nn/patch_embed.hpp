// Patch embedding: a linear layer over each patch, with the position of the patch added.
#pragma once

#include <cstdint>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/images.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/nn/linear.hpp"

namespace sdmae::nn {

/// The convolution with kernel = stride = patch of a vision transformer, as a linear layer over the patch flattened as
/// (channel, y, x). Only the patches asked for are gathered and embedded.
/// `Start` also says how the bias starts; see linear.
template <image_shape Image, index D, initial Start = initial::fan_in_uniform>
struct patch_embed {
  static constexpr initial bias_start = linear<1, 1, Start>::bias_start;
  static constexpr index P = Image.patch_values();

  template <class T>
  struct parameters {
    weight_view<T, D, P> weight;
    vector_view<T, D> bias;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("proj.weight", weight, {D, Image.channels, Image.patch, Image.patch},
           {.start = Start, .fan_in = P, .decays = true});
      walk("proj.bias", bias, {D}, {.start = bias_start, .fan_in = P});
    }
  };

  template <class T>
  struct saved {
    rows_view<T, P> patches;
    rows_view<T, D> output;

    static saved plan(arena& memory, index rows) {
      return {memory.rows<T, P>("patches", rows), memory.rows<T, D>("embedded", rows)};
    }
  };

  /// output(r, ·) = W·patch(r) + b + position(patch index, ·), r = image·(rows of an image) + slot; row r shows patch
  /// `patch_of_row[r]` of image r / per_image.
  template <tensor_backend B, class Images>
  static void forward(B& backend, const Images& images, index per_image, const std::int32_t* patch_of_row,
                      rows_view<const scalar_of<B>, D> position, const parameters<scalar_of<B>>& p,
                      const saved<scalar_of<B>>& s) {
    using T = scalar_of<B>;
    const auto patches = s.patches;
    backend.map(patches.rows(), P, [=] SDMAE_ELEMENT(index r, index k) {
      constexpr index side = Image.patch, grid = Image.grid_width();
      const index top = patch_of_row[r] / grid * side, left = patch_of_row[r] % grid * side;
      const index c = k / (side * side), y = k / side % side, x = k % side;
      patches(r, k) = images.template normalised<T>(r / per_image, top + y, left + x, c);
    });
    backend.template linear_forward<D, P>(rows_view<const T, P>(patches), weight_view<const T, D, P>(p.weight),
                                          vector_view<const T, D>(p.bias), s.output,
                                          epilogue::add_rows<T, D>{position, patch_of_row});
  }

  /// dW and db are accumulated; images have no gradient.
  template <tensor_backend B>
  static void backward(B& backend, rows_view<const scalar_of<B>, D> dy, const saved<scalar_of<B>>& s,
                       const parameters<scalar_of<B>>& gradient) {
    using T = scalar_of<B>;
    backend.template linear_weight_gradient<D, P>(dy, rows_view<const T, P>(s.patches), gradient.weight, gradient.bias);
  }
};

}  // namespace sdmae::nn
