// What the decoder is asked to paint: targets of masked patches, flattened as (y, x, channel).
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/images.hpp"

namespace sdmae::loss::target {

namespace detail {

/// raw(r, k) = pixel k of the patch in row r of the masked patches, unit values or normalised ones.
template <bool Unit, image_shape Image, tensor_backend B, class Images>
void gather(B& backend, const Images& images, mask_view mask, rows_view<scalar_of<B>, Image.patch_values()> raw) {
  using T = scalar_of<B>;
  backend.map(raw.rows(), Image.patch_values(), [=] SDMAE_ELEMENT(index r, index k) {
    constexpr index side = Image.patch, grid = Image.grid_width(), channels = Image.channels;
    const index image = r / mask.masked(), slot = mask.visible + r % mask.masked();
    const index patch = mask.order[image * mask.patches + slot];
    const index y = patch / grid * side + k / (side * channels), x = patch % grid * side + k / channels % side;
    raw(r, k) = Unit ? images.template unit<T>(image, y, x, k % channels)
                     : images.template normalised<T>(image, y, x, k % channels);
  });
}

/// x ← (x − mean)/divisor(unbiased variance) over each of `Groups` interleaved groups of a row.
template <index Groups, index P, tensor_backend B, class Divisor>
void standardise(B& backend, rows_view<scalar_of<B>, P> x, arena& scratch, Divisor divisor) {
  using T = scalar_of<B>;
  constexpr index n = P / Groups;
  arena::scope here(scratch);
  const auto mean = scratch.rows<T, 1>("target means", x.rows() * Groups);
  const auto variance = scratch.rows<T, 1>("target variances", x.rows() * Groups);
  backend.reduce_rows(reduction::sum{}, mean, n,
                      [=] SDMAE_ELEMENT(index r, index c) { return x(r / Groups, c * Groups + r % Groups) / T(n); });
  backend.reduce_rows(reduction::sum{}, variance, n, [=] SDMAE_ELEMENT(index r, index c) {
    const T centered = x(r / Groups, c * Groups + r % Groups) - mean(r, 0);
    return centered * centered / T(n - 1);
  });
  backend.map(x.rows(), P, [=] SDMAE_ELEMENT(index r, index k) {
    const index group = r * Groups + k % Groups;
    x(r, k) = (x(r, k) - mean(group, 0)) / divisor(variance(group, 0));
  });
}

struct deviation_plus_epsilon {
  template <class T>
  SDMAE_HOST_DEVICE T operator()(T variance) const {
    using std::sqrt;
    return sqrt(variance) + T(1e-6);
  }
};
struct root_of_variance_plus_epsilon {
  template <class T>
  SDMAE_HOST_DEVICE T operator()(T variance) const {
    using std::sqrt;
    return sqrt(variance + T(1e-6));
  }
};

}  // namespace detail

/// Released SD-MAE: of [0, 1] pixels, per patch and channel, (x − mean)/(sqrt(unbiased variance) + 1e-6).
struct patch_channel {
  static constexpr const char* name = "patch_channel";
  /// The target of a pixel in [0, 1] of a patch whose channel has this mean and deviation, and the way back.
  static double of_pixel(double unit, double mean, double deviation) { return (unit - mean) / (deviation + 1e-6); }
  static double to_pixel(double value, double mean, double deviation) { return value * (deviation + 1e-6) + mean; }
  /// What can be predicted knowing nothing but the mean of what is visible: the score to beat.
  static constexpr const char* baseline_name = "predicting zero (patch means)";
  static double baseline(double /*visible_mean*/) { return 0; }
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, mask_view mask,
                    rows_view<scalar_of<B>, Image.patch_values()> target, arena& scratch) {
    detail::gather<true, Image>(backend, images, mask, target);
    detail::standardise<Image.channels>(backend, target, scratch, detail::deviation_plus_epsilon{});
  }
};

/// He et al. (arXiv 2111.06377, §3): of the normalised image, per patch, (x − mean)/sqrt(unbiased variance + 1e-6).
struct patch {
  static constexpr const char* name = "patch";
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, mask_view mask,
                    rows_view<scalar_of<B>, Image.patch_values()> target, arena& scratch) {
    detail::gather<false, Image>(backend, images, mask, target);
    detail::standardise<1>(backend, target, scratch, detail::root_of_variance_plus_epsilon{});
  }
};

/// Pixels in [0, 1].
struct unit {
  static constexpr const char* name = "unit";
  static double of_pixel(double unit, double, double) { return unit; }
  static double to_pixel(double value, double, double) { return value; }
  static constexpr const char* baseline_name = "mean of what is visible";
  static double baseline(double visible_mean) { return visible_mean; }
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, mask_view mask,
                    rows_view<scalar_of<B>, Image.patch_values()> target, arena&) {
    detail::gather<true, Image>(backend, images, mask, target);
  }
};

/// Pixels as the model sees them, normalised by the channel statistics.
struct input {
  static constexpr const char* name = "input";
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, mask_view mask,
                    rows_view<scalar_of<B>, Image.patch_values()> target, arena&) {
    detail::gather<false, Image>(backend, images, mask, target);
  }
};

}  // namespace sdmae::loss::target
