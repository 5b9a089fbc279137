// What the decoder is asked to paint: targets of patches. These are of pixels, flattened as (y, x, channel); see
// texture.hpp for another.
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/images.hpp"

namespace sdmae::loss::target {

namespace detail {

/// raw(r, k) = pixel k of the patch in row r of those that are painted, unit values or normalised ones.
template <bool Unit, image_shape Image, tensor_backend B, class Images>
void gather(B& backend, const Images& images, painted_patches which,
            rows_view<scalar_of<B>, Image.patch_values()> raw) {
  using T = scalar_of<B>;
  backend.map(raw.rows(), Image.patch_values(), [=] SDMAE_ELEMENT(index r, index k) {
    constexpr index channels = Image.channels;
    const auto [image, y, x] = which.template place<Image>(r, k / channels);
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

/// What the way from targets to pixels may need to know of a pixel, on the host: the mean and deviation of its channel
/// in its patch, in [0, 1]; those by which its channel is normalised; and the mean and variance of its patch over all
/// channels, normalised.
struct pixel_statistics {
  double mean = 0, deviation = 0;
  double channel_mean = 0, channel_deviation = 1;
  double patch_mean = 0, patch_variance = 0;

  double normalised(double unit) const { return (unit - channel_mean) / channel_deviation; }
  double unit(double normalised) const { return normalised * channel_deviation + channel_mean; }
};

/// What can be predicted without having learned anything, the score to beat: zero, or of every kind of value its mean
/// over what is visible.
enum class baseline { zero, visible_mean };
constexpr const char* name_of(baseline known) {
  return known == baseline::zero ? "predicting zero (patch means)" : "mean of what is visible";
}

/// A target is a type that brings, as static members:
///  1. `name`, in a log; and `knows`, its baseline;
///  2. `values<Image>`: how many a patch has, at most p·p·C: the decoder's first outputs are compared with them, the
///     others learn nothing; `kinds<Image>`: values k and k + kinds are of one kind, and there are a multiple of kinds;
///  3. `write<Image>(backend, images, which, target, scratch)`, which overwrites a row of values for each patch;
///  4. for pictures: `shown_by<Image>(pixel, channel)`, the value that tells a pixel's color; and `to_pixel(value,
///     statistics)`, which color in [0, 1].
/// Instantiated with a target, this says how many values it has, or that there are too many.
template <class Target, image_shape Image>
struct checked_target {
  static constexpr index values = Target::template values<Image>;
  static_assert(values <= Image.patch_values(),
                "sdmae: a target must not have more values than a patch has pixels and channels");
  static_assert(values % Target::template kinds<Image> == 0,
                "sdmae: a target's values must be a multiple of its kinds");
};

/// What targets with a value for every pixel and channel have in common.
struct of_pixels {
  template <image_shape Image>
  static constexpr index values = Image.patch_values();
  template <image_shape Image>
  static constexpr index kinds = Image.channels;
  template <image_shape Image>
  static constexpr index shown_by(index pixel, index channel) {
    return pixel * Image.channels + channel;
  }
};

/// Released SD-MAE: of [0, 1] pixels, per patch and channel, (x − mean)/(sqrt(unbiased variance) + 1e-6).
struct patch_channel : of_pixels {
  static constexpr const char* name = "patch_channel";
  static double to_pixel(double value, const pixel_statistics& s) { return value * (s.deviation + 1e-6) + s.mean; }
  static constexpr baseline knows = baseline::zero;
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, painted_patches which,
                    rows_view<scalar_of<B>, values<Image>> target, arena& scratch) {
    detail::gather<true, Image>(backend, images, which, target);
    detail::standardise<Image.channels>(backend, target, scratch, detail::deviation_plus_epsilon{});
  }
};

/// He et al. (arXiv 2111.06377, §3): of the normalised image, per patch, (x − mean)/sqrt(unbiased variance + 1e-6).
struct patch : of_pixels {
  static constexpr const char* name = "patch";
  static double to_pixel(double value, const pixel_statistics& s) {
    return s.unit(value * std::sqrt(s.patch_variance + 1e-6) + s.patch_mean);
  }
  static constexpr baseline knows = baseline::zero;
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, painted_patches which,
                    rows_view<scalar_of<B>, values<Image>> target, arena& scratch) {
    detail::gather<false, Image>(backend, images, which, target);
    detail::standardise<1>(backend, target, scratch, detail::root_of_variance_plus_epsilon{});
  }
};

/// Pixels in [0, 1].
struct unit : of_pixels {
  static constexpr const char* name = "unit";
  static double to_pixel(double value, const pixel_statistics&) { return value; }
  static constexpr baseline knows = baseline::visible_mean;
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, painted_patches which,
                    rows_view<scalar_of<B>, values<Image>> target, arena&) {
    detail::gather<true, Image>(backend, images, which, target);
  }
};

/// Pixels as the model sees them, normalised by the channel statistics.
struct input : of_pixels {
  static constexpr const char* name = "input";
  static double to_pixel(double value, const pixel_statistics& s) { return s.unit(value); }
  static constexpr baseline knows = baseline::visible_mean;
  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, painted_patches which,
                    rows_view<scalar_of<B>, values<Image>> target, arena&) {
    detail::gather<false, Image>(backend, images, which, target);
  }
};

}  // namespace sdmae::loss::target
