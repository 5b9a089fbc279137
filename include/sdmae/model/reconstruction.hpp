// Pictures of what a model paints: original, masked, prediction.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/model/paint.hpp"

namespace sdmae {

/// Images [count, H, W, C], 8 bits. `masked`: hidden patches are grey; `baseline`: as Target::baseline would paint
/// them; `predicted`: as the model does. Visible patches are the originals in all of them, and grey in `painted`,
/// which holds nothing but what the model paints. The two losses are mean squared errors over the hidden pixels in the
/// space of the target.
struct reconstruction_images {
  index count = 0;
  std::vector<std::uint8_t> original, masked, baseline, predicted, painted;
  const char* baseline_name = "";
  double baseline_loss = 0, predicted_loss = 0;
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

/// Images pulled from a batch already, with the sample numbers that they have there.
template <image_shape Image>
class held_batch : public array_batch<Image, std::uint8_t> {
 public:
  held_batch(const std::uint8_t* images, const byte_batch& source)
      : array_batch<Image, std::uint8_t>(images, source.size(), source.epoch()), source_(source) {}
  index sample(index i) const { return source_.sample(i); }

 private:
  const byte_batch& source_;
};

inline constexpr std::uint8_t grey = 160;

inline std::uint8_t to_byte(double unit) {
  return static_cast<std::uint8_t>(std::lround(255.0 * std::clamp(unit, 0.0, 1.0)));
}

/// One channel of one hidden patch; predicted values are C apart.
template <class Target, image_shape Image, class T>
void paint_patch(reconstruction_images& out, const patch_channel_pixels<Image>& pixels, const T* predicted,
                 double baseline) {
  for (index k = 0; k < pixels.n; ++k) {
    const std::size_t at = pixels.base + pixels.offset(k);
    const double target = Target::of_pixel(out.original[at] / 255.0, pixels.mean, pixels.deviation);
    const double painted = double(predicted[k * Image.channels]);
    out.masked[at] = grey;
    out.baseline[at] = to_byte(Target::to_pixel(baseline, pixels.mean, pixels.deviation));
    out.painted[at] = out.predicted[at] = to_byte(Target::to_pixel(painted, pixels.mean, pixels.deviation));
    out.baseline_loss += (target - baseline) * (target - baseline);
    out.predicted_loss += (target - painted) * (target - painted);
  }
}

}  // namespace detail

/// Paints a batch of 8-bit images under masks drawn from `seed`, and puts the statistics of each hidden patch back
/// where the target had taken them out.
template <class Target, class Architecture, tensor_backend B, masking::mask_policy Mask>
reconstruction_images reconstruct(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed,
                                  byte_batch& batch) {
  static_assert(
      requires { Target::baseline_name; },
      "sdmae::reconstruct: this target has no way back to pixels: take target::patch_channel or target::unit");
  constexpr image_shape Image = Architecture::image;
  constexpr index C = Image.channels, P = Image.patch_values(), N = Image.patches();
  std::vector<std::uint8_t> original(static_cast<std::size_t>(batch.size() * Image.values()));
  batch.next(batch.size(), original.data());
  detail::held_batch<Image> images(original.data(), batch);
  const painted<scalar_of<B>> result = paint(from, mask, seed, images);

  const std::vector<std::uint8_t> nothing(original.size(), detail::grey);
  reconstruction_images out{batch.size(), original, original, original, original, nothing, Target::baseline_name};
  const index hidden = N - result.visible;
  for (index i = 0; i < batch.size(); ++i)
    for (index c = 0; c < C; ++c) {
      const std::int32_t* const order = result.order.data() + i * N;
      double visible_mean = 0;
      for (index v = 0; v < result.visible; ++v)
        visible_mean += detail::patch_channel_pixels<Image>(original, i, order[v], c).mean / double(result.visible);
      for (index m = 0; m < hidden; ++m)
        detail::paint_patch<Target, Image>(
            out, detail::patch_channel_pixels<Image>(original, i, order[result.visible + m], c),
            result.pixels.data() + (i * hidden + m) * P + c, Target::baseline(visible_mean));
    }
  const double values = double(std::max<index>(1, batch.size() * hidden * P));  // nothing hidden, nothing lost
  out.baseline_loss /= values;
  out.predicted_loss /= values;
  return out;
}

}  // namespace sdmae
