// A target of color and texture instead of pixels: histograms of oriented gradients (Dalal and Triggs, CVPR 2005),
// which Wei et al. found to be a better target than pixels (MaskFeat, arXiv 2112.09133, §3.2), beside mean and spread
// of color.
#pragma once

#include <cmath>

#include "sdmae/loss/target.hpp"

namespace sdmae::loss::target {

/// Where exactly a nucleus lies that is hidden cannot be known, so what is painted of pixels is a blur; how many there
/// are and how coarse the tissue is can. Of each quarter of a patch (top left, top right, bottom left, bottom right):
///   1/n Σ |∇|·share(o) for each of 8 orientations o,  mean and standard deviation of each channel in [0, 1],
/// each standardised by what is typical of H&E, and gradients about twice as strongly as color. ∇ is the difference of
/// the two neighbours, along y and along x, of the mean over channels; a gradient's magnitude is shared by the two
/// orientations next to its own. Neighbours beyond the image are its border's pixels.
struct texture {
  static constexpr const char* name = "texture";
  static constexpr baseline knows = baseline::visible_mean;
  static constexpr index orientations = 8;

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
                    rows_view<scalar_of<B>, values<Image>> target, arena&) {
    static_assert(Image.patch % 2 == 0, "sdmae: a target of texture cuts patches in four: choose an even patch");
    backend.map(target.rows() * 4, 1, [=] SDMAE_ELEMENT(index r, index) {
      constexpr index side = Image.patch, half = side / 2, grid = Image.grid_width();
      const index quarter = r % 4, patch = which.patch(r / 4);
      const index top = patch / grid * side + quarter / 2 * half, left = patch % grid * side + quarter % 2 * half;
      describe<Image>(images, r / 4 / which.count(), top, left, &target(r / 4, quarter * kinds<Image>));
    });
  }

 private:
  /// Of H&E tiles at 1 to 2 µm a pixel, whose stain is normalised: the mean, and a scale. What is farther off the mean
  /// elsewhere is learned all the same.
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

  /// The quarter whose first pixel is (top, left). out: [kinds], overwritten.
  template <image_shape Image, class T, class Images>
  SDMAE_HOST_DEVICE static void describe(const Images& images, index image, index top, index left, T* out) {
    constexpr index half = Image.patch / 2, n = half * half, C = Image.channels, side = half + 2;
    const auto own = [](index i) { return (i / half + 1) * side + i % half + 1; };
    T grey[side * side]{}, channel[side * side];  // the quarter's own pixels, and one around them
    for (index o = 0; o < orientations; ++o) out[o] = 0;
    for (index c = 0; c < C; ++c) {
      for (index i = 0; i < side * side; ++i) {
        const index y = inside(top - 1 + i / side, Image.height), x = inside(left - 1 + i % side, Image.width);
        channel[i] = images.template unit<T>(image, y, x, c);
        grey[i] += channel[i] / T(C);
      }
      T mean = 0, variance = 0;
      for (index i = 0; i < n; ++i) mean += channel[own(i)] / T(n);
      for (index i = 0; i < n; ++i) variance += (channel[own(i)] - mean) * (channel[own(i)] - mean) / T(n);
      using std::sqrt;
      out[orientations + c] = mean_of_color().standardised(mean);
      out[orientations + C + c] = deviation_of_color().standardised(sqrt(variance));
    }
    for (index i = 0; i < n; ++i) {
      const T* const at = grey + own(i);
      vote(at[side] - at[-side], at[1] - at[-1], out);
    }
    for (index o = 0; o < orientations; ++o) out[o] = gradient().standardised(out[o] / T(n));
  }

  SDMAE_HOST_DEVICE static constexpr index inside(index at, index size) {
    return at < 0 ? 0 : at < size ? at : size - 1;
  }

  /// Orientation o is that of the angle o·π/8; opposite directions are the same one.
  template <class T>
  SDMAE_HOST_DEVICE static void vote(T dy, T dx, T* votes) {
    using std::atan2, std::sqrt;
    constexpr T pi = T(3.14159265358979323846);
    const T magnitude = sqrt(dy * dy + dx * dx);
    const T position = (dy < T(0) ? atan2(-dy, -dx) : atan2(dy, dx)) * T(orientations) / pi;  // in [0, 8]
    const index below = index(position);
    const T share = position - T(below);
    votes[below % orientations] += magnitude * (T(1) - share);
    votes[(below + 1) % orientations] += magnitude * share;
  }
};

}  // namespace sdmae::loss::target
