// A target of color and texture instead of pixels: histograms of oriented gradients (Dalal and Triggs, CVPR 2005),
// which Wei et al. found to be a better target than pixels (MaskFeat, arXiv 2112.09133, §3.2), beside mean and spread
// of color.
#pragma once

#include <cmath>

#include "sdmae/loss/target.hpp"

namespace sdmae::loss::target {

namespace detail {

inline constexpr index orientations = 8;

/// The mean over channels; beyond the image its border.
template <image_shape Image, class T, class Images>
SDMAE_HOST_DEVICE T grey(const Images& images, index image, index y, index x) {
  y = y < 0 ? 0 : y < Image.height ? y : Image.height - 1;
  x = x < 0 ? 0 : x < Image.width ? x : Image.width - 1;
  T sum = 0;
  for (index c = 0; c < Image.channels; ++c) sum += images.template unit<T>(image, y, x, c);
  return sum / T(Image.channels);
}

/// What a gradient of an orientation in [0, 8] counts for one of the eight: 8 is 0 again.
template <class T>
SDMAE_HOST_DEVICE T share(T orientation, T of) {
  const T apart = orientation < of ? of - orientation : orientation - of;
  const T around = apart < T(orientations) / 2 ? apart : T(orientations) - apart;
  return around < T(1) ? T(1) - around : T(0);
}

/// magnitude(r, k) = |∇| at pixel k of the patch in row r, orientation(r, k) = its angle/(π/8), in [0, 8].
template <image_shape Image, tensor_backend B, class Images>
void differentiate(B& backend, const Images& images, painted_patches which,
                   rows_view<scalar_of<B>, Image.patch * Image.patch> magnitude,
                   rows_view<scalar_of<B>, Image.patch * Image.patch> orientation) {
  using T = scalar_of<B>;
  backend.map(magnitude.rows(), magnitude.width, [=] SDMAE_ELEMENT(index r, index k) {
    using std::atan2, std::sqrt;
    const auto [image, y, x] = which.template place<Image>(r, k);
    const T dy = grey<Image, T>(images, image, y + 1, x) - grey<Image, T>(images, image, y - 1, x);
    const T dx = grey<Image, T>(images, image, y, x + 1) - grey<Image, T>(images, image, y, x - 1);
    const T angle = dy < T(0) ? atan2(-dy, -dx) : atan2(dy, dx);  // opposite directions are one
    magnitude(r, k) = sqrt(dy * dy + dx * dx);
    orientation(r, k) = angle * T(orientations / 3.14159265358979323846);
  });
}

}  // namespace detail

/// Where exactly a nucleus lies that is hidden cannot be known, so what is painted of pixels is a blur; how many there
/// are and how coarse the tissue is can. Of each quarter of a patch (top left, top right, bottom left, bottom right) of
/// n pixels, one after the other:
///   g_o = 1/n Σ |∇|·max(0, 1 − |angle(∇) − o·π/8|/(π/8))  for o = 0, …, 7, angles modulo π,
///   m_c = 1/n Σ x_c  and  s_c = √(1/n Σ (x_c − m_c)²)  of every channel c in [0, 1],
/// each less what is typical of H&E, divided by a scale. ∇ = (difference of the two neighbours along y, along x) of the
/// mean over channels. Neighbours may lie in the next patch, which may be visible; beyond the image they are its
/// border.
struct texture {
  static constexpr const char* name = "texture";
  static constexpr baseline knows = baseline::visible_mean;
  static constexpr index orientations = detail::orientations;

  template <image_shape Image>
  static constexpr index kinds = orientations + 2 * Image.channels;
  template <image_shape Image>
  static constexpr index values = 4 * kinds<Image>;
  /// The mean color of its quarter.
  template <image_shape Image>
  static constexpr index shown_by(index pixel, index channel) {
    constexpr index side = Image.patch, half = side / 2;
    return (pixel / side / half * 2 + pixel % side / half) * kinds<Image> + orientations + channel;
  }
  static double to_pixel(double value, const pixel_statistics&) { return mean_of_color().from(value); }

  template <image_shape Image, tensor_backend B, class Images>
  static void write(B& backend, const Images& images, painted_patches which,
                    rows_view<scalar_of<B>, values<Image>> target, arena& scratch) {
    static_assert(Image.patch % 2 == 0, "sdmae: a target of texture cuts patches in four: choose an even patch");
    using T = scalar_of<B>;
    constexpr index side = Image.patch, n = side * side / 4, C = Image.channels, K = kinds<Image>;
    constexpr index means = orientations + C;  // of a quarter: g_o, then m_c
    arena::scope here(scratch);
    const auto pixels = scratch.rows<T, Image.patch_values()>("target pixels", target.rows());
    const auto magnitude = scratch.rows<T, side * side>("target gradients", target.rows());
    const auto orientation = scratch.rows<T, side * side>("target orientations", target.rows());
    const auto mean = scratch.rows<T, 1>("target means", target.rows() * 4 * means);
    const auto variance = scratch.rows<T, 1>("target variances", target.rows() * 4 * C);
    detail::gather<true, Image>(backend, images, which, pixels);
    detail::differentiate<Image>(backend, images, which, magnitude, orientation);
    backend.reduce_rows(reduction::sum{}, mean, n, [=] SDMAE_ELEMENT(index row, index i) {
      const index r = row / (4 * means), kind = row % means, at = pixel<Image>(row / means % 4, i);
      return (kind < orientations ? magnitude(r, at) * detail::share(orientation(r, at), T(kind))
                                  : pixels(r, at * C + kind - orientations)) /
             T(n);
    });
    backend.reduce_rows(reduction::sum{}, variance, n, [=] SDMAE_ELEMENT(index row, index i) {
      const index r = row / (4 * C), quarter = row / C, c = row % C;
      const T centered = pixels(r, pixel<Image>(quarter % 4, i) * C + c) - mean(quarter * means + orientations + c, 0);
      return centered * centered / T(n);
    });
    backend.map(target.rows(), values<Image>, [=] SDMAE_ELEMENT(index r, index value) {
      using std::sqrt;
      const index quarter = r * 4 + value / K, kind = value % K;
      target(r, value) =
          kind < means
              ? (kind < orientations ? gradient() : mean_of_color()).standardised(mean(quarter * means + kind, 0))
              : deviation_of_color().standardised(sqrt(variance(quarter * C + kind - means, 0)));
    });
  }

 private:
  /// The mean, of H&E tiles at 1 to 2 µm a pixel whose stain is normalised, and a scale: of colors a little more than
  /// their deviation, of gradients less, so that these count for more.
  struct typical {
    double mean, scale;
    template <class T>
    SDMAE_HOST_DEVICE constexpr T standardised(T value) const {
      return (value - T(mean)) / T(scale);
    }
    constexpr double from(double standardised) const { return standardised * scale + mean; }
  };
  SDMAE_HOST_DEVICE static constexpr typical gradient() { return {0.015, 0.008}; }
  SDMAE_HOST_DEVICE static constexpr typical mean_of_color() { return {0.70, 0.15}; }
  SDMAE_HOST_DEVICE static constexpr typical deviation_of_color() { return {0.085, 0.05}; }

  /// The pixel of its patch that is number i of a quarter.
  template <image_shape Image>
  SDMAE_HOST_DEVICE static constexpr index pixel(index quarter, index i) {
    constexpr index side = Image.patch, half = side / 2;
    return (quarter / 2 * half + i / half) * side + quarter % 2 * half + i % half;
  }
};

}  // namespace sdmae::loss::target
