// Pictures of what a model paints: original, masked, prediction.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "sdmae/backend/planning.hpp"
#include "sdmae/loss/target.hpp"
#include "sdmae/model/paint.hpp"

namespace sdmae {

/// Images [count, H, W, C], 8 bits. `masked`: hidden patches are grey; `baseline`: as Target::knows would paint them;
/// `predicted`: as the model does. Visible patches are the originals in all of them, and grey in `painted`, which holds
/// nothing but what the model paints. The two losses are mean squared errors over the targets of the hidden patches.
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

/// Writes the targets of one image after the other, as the model's backend does.
template <class Target, image_shape Image, tensor_backend B>
class target_writer {
 public:
  using T = scalar_of<B>;
  static constexpr index N = Image.patches(), values = Target::template values<Image>;

  explicit target_writer(B& backend) : backend_(backend) {
    planning_backend<B> nothing(backend);
    arena plan;
    write(nothing, plan, nullptr);
    memory_ = backend.allocate(plan.peak());
  }

  /// [N, values], of all patches of an 8-bit image in reading order; valid until the next call.
  const std::vector<T>& of(const std::uint8_t* image) {
    arena memory(memory_.data());
    const auto targets = write(backend_, memory, image);
    backend_.copy_out(targets_.data(), targets.data, targets.size());
    backend_.synchronise();
    return targets_;
  }

 private:
  template <class Any>
  rows_view<T, values> write(Any& backend, arena& memory, const std::uint8_t* image) {
    std::array<std::int32_t, N> reading;
    std::iota(reading.begin(), reading.end(), 0);
    const auto pixels = memory.take<std::uint8_t>("images", Image.values());
    const auto order = memory.take<std::int32_t>("masks", N);
    const auto targets = memory.rows<T, values>("targets", N);
    backend.copy_in(pixels, image, Image.values());
    backend.copy_in(order, reading.data(), N);
    Target::template write<Image>(backend, byte_images<Image>{pixels}, mask_view{order, N, 0}, targets, memory);
    return targets;
  }

  B& backend_;
  decltype(std::declval<B&>().allocate(0)) memory_;
  std::vector<T> targets_ = std::vector<T>(static_cast<std::size_t>(N * values));
};

/// What Target::knows predicts of every hidden patch, from an image's `targets` [N, values] and the patches that are
/// visible.
template <class Target, image_shape Image, class T>
std::vector<T> baseline_of(const std::vector<T>& targets, const std::int32_t* visible, index count) {
  constexpr index values = Target::template values<Image>, kinds = Target::template kinds<Image>;
  std::vector<T> known(static_cast<std::size_t>(values));
  if (Target::knows == loss::target::baseline::zero || count == 0) return known;
  std::array<double, kinds> sums{};
  for (index v = 0; v < count; ++v)
    for (index k = 0; k < values; ++k)
      sums[static_cast<std::size_t>(k % kinds)] += double(targets[static_cast<std::size_t>(visible[v] * values + k)]);
  for (std::size_t k = 0; k < known.size(); ++k) known[k] = T(sums[k % kinds] / double(count * values / kinds));
  return known;
}

/// One hidden patch. target, baseline, predicted: [Target::values].
template <class Target, image_shape Image, class T>
void paint_patch(reconstruction_images& out, const patch_pixels<Image>& pixels, const T* target, const T* baseline,
                 const T* predicted) {
  for (index k = 0; k < pixels.n; ++k)
    for (index c = 0; c < Image.channels; ++c) {
      const auto color = [&](const T* values) {
        const double value = double(values[Target::template shown_by<Image>(k, c)]);
        return to_byte(Target::to_pixel(value, pixels.channel[static_cast<std::size_t>(c)]));
      };
      const std::size_t at = pixels.at(k, c);
      out.masked[at] = grey;
      out.baseline[at] = color(baseline);
      out.painted[at] = out.predicted[at] = color(predicted);
    }
  for (index k = 0; k < Target::template values<Image>; ++k) {
    out.baseline_loss += std::pow(double(target[k]) - double(baseline[k]), 2);
    out.predicted_loss += std::pow(double(target[k]) - double(predicted[k]), 2);
  }
}

}  // namespace detail

/// Paints a batch of 8-bit images, at most `slice` at once, under masks drawn from `seed`, and puts the statistics of
/// each hidden patch back where the target had taken them out.
template <class Target, class Architecture, tensor_backend B, masking::mask_policy Mask>
reconstruction_images reconstruct(model<Architecture, B>& from, const Mask& mask, std::uint64_t seed, byte_batch& batch,
                                  index slice = 4) {
  constexpr image_shape Image = Architecture::image;
  constexpr index P = Image.patch_values(), N = Image.patches();
  constexpr index values = loss::target::checked_target<Target, Image>::values;
  std::vector<std::uint8_t> original(static_cast<std::size_t>(batch.size() * Image.values()));
  batch.next(batch.size(), original.data());
  detail::held_batch<Image> images(original.data(), batch);
  const painted<scalar_of<B>> result = paint(from, mask, seed, images, slice);

  const std::vector<std::uint8_t> nothing(original.size(), detail::grey);
  reconstruction_images out{batch.size(), original, original, original, original, nothing, name_of(Target::knows)};
  const index hidden = N - result.visible;
  detail::target_writer<Target, Image, B> writer(from.backend());
  for (index i = 0; i < batch.size(); ++i) {
    const std::int32_t* const order = result.order.data() + i * N;
    const auto& targets = writer.of(original.data() + i * Image.values());
    const auto baseline = detail::baseline_of<Target, Image>(targets, order, result.visible);
    for (index m = 0; m < hidden; ++m) {
      const std::int32_t patch = order[result.visible + m];
      detail::paint_patch<Target>(out, detail::patch_pixels<Image>(original, i, patch), targets.data() + patch * values,
                                  baseline.data(), result.pixels.data() + (i * hidden + m) * P);
    }
  }
  const double compared = double(std::max<index>(1, batch.size() * hidden * values));  // nothing hidden, nothing lost
  out.baseline_loss /= compared;
  out.predicted_loss /= compared;
  return out;
}

}  // namespace sdmae
