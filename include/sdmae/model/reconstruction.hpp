// Pictures of what a model paints: original, masked, prediction.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/model/paint.hpp"

namespace sdmae {

/// Images [count, H, W, C], 8 bits. `masked`: hidden patches are grey; `zero`: what predicting zero amounts to, the
/// mean color of each hidden patch; `predicted`: every hidden patch as painted; visible patches are the originals in
/// both.
struct reconstruction_images {
  index count = 0;
  std::vector<std::uint8_t> original, masked, zero, predicted;
};

namespace detail {

/// The pixels of a channel of a patch, at base + (y·W + x)·C, with their mean and deviation in [0, 1].
template <image_shape Image>
struct patch_channel_pixels {
  std::size_t base;
  double mean = 0, deviation = 0;

  static constexpr index n = Image.patch * Image.patch;
  static std::size_t offset(index k) {
    return static_cast<std::size_t>((k / Image.patch * Image.width + k % Image.patch) * Image.channels);
  }
  patch_channel_pixels(const std::vector<std::uint8_t>& images, index image, index patch, index channel)
      : base(static_cast<std::size_t>(((image * Image.height + patch / Image.grid_width() * Image.patch) * Image.width +
                                       patch % Image.grid_width() * Image.patch) *
                                          Image.channels +
                                      channel)) {
    double squares = 0;
    for (index k = 0; k < n; ++k) mean += images[base + offset(k)] / 255.0 / double(n);
    for (index k = 0; k < n; ++k) squares += std::pow(images[base + offset(k)] / 255.0 - mean, 2);
    deviation = std::sqrt(squares / double(n - 1));
  }
};

inline std::uint8_t to_byte(double unit) {
  return static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(unit, 0.0, 1.0)));
}

}  // namespace detail

/// Paints a batch of 8-bit images under masks drawn from `seed`, and puts the statistics of each hidden patch back
/// where the target had taken them out.
template <class Target, class Architecture, tensor_backend B, masking::mask_policy Mask>
reconstruction_images reconstruct(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed,
                                  byte_batch& batch) {
  constexpr image_shape Image = Architecture::image;
  constexpr index C = Image.channels, P = Image.patch_values(), N = Image.patches();
  std::vector<std::uint8_t> original(static_cast<std::size_t>(batch.size() * Image.values()));
  batch.next(batch.size(), original.data());
  struct held : array_batch<Image, std::uint8_t> {
    held(const std::uint8_t* images, byte_batch& like)
        : array_batch<Image, std::uint8_t>(images, like.size(), like.epoch()), source(like) {}
    index sample(index i) const { return source.sample(i); }
    byte_batch& source;
  } images(original.data(), batch);
  const painted<scalar_of<B>> result = paint(from, mask, seed, images);

  reconstruction_images out{batch.size(), original, original, original, original};
  const index hidden = N - result.visible;
  for (index i = 0; i < batch.size(); ++i)
    for (index m = 0; m < hidden; ++m)
      for (index c = 0; c < C; ++c) {
        const index patch = result.order[static_cast<std::size_t>(i * N + result.visible + m)];
        const detail::patch_channel_pixels<Image> pixels(original, i, patch, c);
        const auto* const predicted = result.pixels.data() + (i * hidden + m) * P + c;
        for (index k = 0; k < pixels.n; ++k) {
          const std::size_t at = pixels.base + pixels.offset(k);
          out.masked[at] = 160;
          out.zero[at] = detail::to_byte(pixels.mean);
          out.predicted[at] = detail::to_byte(Target::pixel(double(predicted[k * C]), pixels.mean, pixels.deviation));
        }
      }
  return out;
}

}  // namespace sdmae
