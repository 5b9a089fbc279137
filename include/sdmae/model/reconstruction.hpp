// Pictures of what a model paints: original, masked, prediction.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sdmae/loss/target.hpp"
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

/// A patch of an image in [count, H, W, C]: its pixels, and the statistics of each channel.
template <image_shape Image>
struct patch_pixels {
  static constexpr index n = Image.patch * Image.patch, C = Image.channels;
  std::size_t base;
  std::array<loss::target::pixel_statistics, C> channel{};

  /// Pixel k of channel c.
  std::size_t at(index k, index c) const {
    return base + static_cast<std::size_t>((k / Image.patch * Image.width + k % Image.patch) * C + c);
  }
  patch_pixels(const std::vector<std::uint8_t>& images, index image, index patch)
      : base(static_cast<std::size_t>(((image * Image.height + patch / Image.grid_width() * Image.patch) * Image.width +
                                       patch % Image.grid_width() * Image.patch) *
                                      C)) {
    constexpr auto normalisation = default_statistics<Image.channels>();
    double patch_mean = 0, patch_squares = 0;
    for (index c = 0; c < C; ++c) {
      loss::target::pixel_statistics& s = channel[static_cast<std::size_t>(c)];
      s.channel_mean = normalisation.mean[c];
      s.channel_deviation = normalisation.deviation[c];
      double squares = 0;
      for (index k = 0; k < n; ++k) s.mean += images[at(k, c)] / 255.0 / double(n);
      for (index k = 0; k < n; ++k) squares += std::pow(images[at(k, c)] / 255.0 - s.mean, 2);
      s.deviation = std::sqrt(squares / double(n - 1));
      patch_mean += s.normalised(s.mean) / double(C);
    }
    for (index c = 0; c < C; ++c)
      for (index k = 0; k < n; ++k)
        patch_squares +=
            std::pow(channel[static_cast<std::size_t>(c)].normalised(images[at(k, c)] / 255.0) - patch_mean, 2);
    for (auto& s : channel) {
      s.patch_mean = patch_mean;
      s.patch_variance = patch_squares / double(n * C - 1);
    }
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
void paint_patch(reconstruction_images& out, const patch_pixels<Image>& pixels, index c, const T* predicted,
                 double visible_mean) {
  const auto& statistics = pixels.channel[static_cast<std::size_t>(c)];
  const double baseline = Target::baseline(visible_mean, statistics);
  for (index k = 0; k < pixels.n; ++k) {
    const std::size_t at = pixels.at(k, c);
    const double target = Target::of_pixel(out.original[at] / 255.0, statistics);
    const double painted = double(predicted[k * Image.channels + c]);
    out.masked[at] = grey;
    out.baseline[at] = to_byte(Target::to_pixel(baseline, statistics));
    out.painted[at] = out.predicted[at] = to_byte(Target::to_pixel(painted, statistics));
    out.baseline_loss += (target - baseline) * (target - baseline);
    out.predicted_loss += (target - painted) * (target - painted);
  }
}

}  // namespace detail

/// Paints a batch of 8-bit images, at most `slice` at once, under masks drawn from `seed`, and puts the statistics of
/// each hidden patch back where the target had taken them out.
template <class Target, class Architecture, tensor_backend B, masking::mask_policy Mask>
reconstruction_images reconstruct(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, byte_batch& batch,
                                  index slice = 4) {
  constexpr image_shape Image = Architecture::image;
  constexpr index C = Image.channels, P = Image.patch_values(), N = Image.patches();
  std::vector<std::uint8_t> original(static_cast<std::size_t>(batch.size() * Image.values()));
  batch.next(batch.size(), original.data());
  detail::held_batch<Image> images(original.data(), batch);
  const painted<scalar_of<B>> result = paint(from, mask, seed, images, slice);

  const std::vector<std::uint8_t> nothing(original.size(), detail::grey);
  reconstruction_images out{batch.size(), original, original, original, original, nothing, Target::baseline_name};
  const index hidden = N - result.visible;
  for (index i = 0; i < batch.size(); ++i) {
    const std::int32_t* const order = result.order.data() + i * N;
    std::array<double, C> visible_mean{};
    for (index v = 0; v < result.visible; ++v) {
      const detail::patch_pixels<Image> seen(original, i, order[v]);
      for (std::size_t c = 0; c < C; ++c) visible_mean[c] += seen.channel[c].mean / double(result.visible);
    }
    for (index m = 0; m < hidden; ++m) {
      const detail::patch_pixels<Image> pixels(original, i, order[result.visible + m]);
      for (index c = 0; c < C; ++c)
        detail::paint_patch<Target>(out, pixels, c, result.pixels.data() + (i * hidden + m) * P,
                                    visible_mean[static_cast<std::size_t>(c)]);
    }
  }
  const double values = double(std::max<index>(1, batch.size() * hidden * P));  // nothing hidden, nothing lost
  out.baseline_loss /= values;
  out.predicted_loss /= values;
  return out;
}

}  // namespace sdmae
