// Mixup (Zhang et al., arXiv 1710.09412) and cutmix (Yun et al., arXiv 1905.04899): two images of a batch become one,
// and so do their labels. The draw is one a batch and the partner stands at the mirrored place, as with timm's Mixup in
// its mode "batch", so an image needs its own pixels and its partner's and nothing else of the batch.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <type_traits>

#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/data/resample.hpp"

namespace sdmae {

/// Both are off. He et al. fine-tune with mixup 0.8 and cutmix 1.
struct mix_settings {
  double mixup = 0, cutmix = 0;  // α of λ ~ Beta(α, α); 0: never
  double probability = 1;        // that a batch is mixed
  double cutmix_share = 0.5;     // of the batches mixed, where both are on
  bool on() const { return mixup > 0 || cutmix > 0; }
};

/// Throws an sdmae::error that names `where` when a setting is out of range.
inline void check_mix(const mix_settings& settings, const std::string& where = "mix") {
  for (const double alpha : {settings.mixup, settings.cutmix})
    if (!(alpha == 0 || (alpha >= 0.001 && alpha <= 1000)))
      throw error(where, "alpha must be 0, or 0.001 to 1000", "the usual one is 0.8 or 1");
  for (const double share : {settings.probability, settings.cutmix_share})
    if (!(share >= 0 && share <= 1)) throw error(where, "a probability must be 0 to 1", "1 mixes every batch");
}

enum class mixing { none, mixup, cutmix };

/// What is done to the images of one batch.
struct batch_mix {
  mixing kind = mixing::none;
  double own = 1;      // λ, the weight of an image's own label; its partner's is 1 − λ
  pixel_box box = {};  // cutmix: the part that comes from the partner

  /// The image of the batch that image i is mixed with: the one at the mirrored place.
  static index partner(index i, index batch) { return batch - 1 - i; }
};

namespace detail {

// The logarithm of a Gamma(alpha, 1) number: Marsaglia and Tsang (2000), for alpha < 1 by Gamma(alpha + 1)·U^(1/alpha).
inline double log_gamma_number(double alpha, random_sequence& random) {
  const double raised = alpha < 1 ? alpha + 1 : alpha, d = raised - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double normal = random.normal(), cube = std::pow(1 + c * normal, 3), u = 1 - random.uniform();
    if (cube <= 0 || std::log(u) >= normal * normal / 2 + d - d * cube + d * std::log(cube)) continue;
    const double below_one = alpha < 1 ? std::log(1 - random.uniform()) / alpha : 0;
    return std::log(d * cube) + below_one;
  }
}

// Beta(alpha, alpha). By logarithms: with a small alpha both gamma numbers may be too small for a double.
inline double beta_number(double alpha, random_sequence& random) {
  const double one = log_gamma_number(alpha, random), other = log_gamma_number(alpha, random);
  return 1 / (1 + std::exp(other - one));
}

// timm 1.0's rand_bbox: sides are the picture's times sqrt(1 − λ), rounded down; what lies outside is cut off.
inline pixel_box cutmix_box(double lambda, index center_y, index center_x, index height, index width) {
  const double ratio = std::sqrt(1 - lambda);
  const auto cut_height = static_cast<index>(static_cast<double>(height) * ratio);
  const auto cut_width = static_cast<index>(static_cast<double>(width) * ratio);
  const index top = std::max<index>(0, center_y - cut_height / 2), left = std::max<index>(0, center_x - cut_width / 2);
  return {top, left, std::min(height, center_y + (cut_height + 1) / 2) - top,
          std::min(width, center_x + (cut_width + 1) / 2) - left};
}

}  // namespace detail

/// What becomes of batch `batch` of an epoch (counted within the epoch or from the start: keep to one) whose images are
/// height × width: depends on the arguments only. λ is drawn from Beta(α, α); for cutmix it is then the share of pixels
/// that stay, as the box may reach over an edge.
inline batch_mix draw_mix(const mix_settings& settings, std::uint64_t seed, index epoch, index batch, index height,
                          index width) {
  random_sequence random(seed, stream::mix, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(batch));
  // Always the same numbers for the same purpose, whatever is on.
  const double mixed = random.uniform(), chosen = random.uniform();
  const auto center_y = static_cast<index>(random.uniform() * static_cast<double>(height));
  const auto center_x = static_cast<index>(random.uniform() * static_cast<double>(width));
  batch_mix mix;
  if (!settings.on() || mixed >= settings.probability) return mix;
  const bool cut = settings.cutmix > 0 && (settings.mixup == 0 || chosen < settings.cutmix_share);
  mix.kind = cut ? mixing::cutmix : mixing::mixup;
  mix.own = detail::beta_number(cut ? settings.cutmix : settings.mixup, random);
  if (!cut) return mix;
  mix.box = detail::cutmix_box(mix.own, center_y, center_x, height, width);
  mix.own = 1 - static_cast<double>(mix.box.height * mix.box.width) / static_cast<double>(height * width);
  return mix;
}

/// Mixes an image with its partner, both [height, width, channels], into out, which is overwritten and may be `own`.
/// Value is std::uint8_t or a floating-point type; bytes are λ·own + (1 − λ)·partner in float, rounded to the nearest
/// (halves to even), as timm's FastCollateMixup rounds them.
template <class Value>
void mix_images(const batch_mix& mix, index height, index width, const Value* own, const Value* partner, Value* out,
                index channels = 3) {
  const index row = width * channels;
  if (out != own) std::copy_n(own, height * row, out);
  if (mix.kind == mixing::cutmix)
    for (index y = mix.box.top; y < mix.box.top + mix.box.height; ++y)
      std::copy_n(partner + y * row + mix.box.left * channels, mix.box.width * channels,
                  out + y * row + mix.box.left * channels);
  if (mix.kind != mixing::mixup) return;
  using number = std::conditional_t<std::is_integral_v<Value>, float, Value>;
  const auto mine = static_cast<number>(mix.own), theirs = static_cast<number>(1 - mix.own);
  for (index i = 0; i < height * row; ++i) {
    const number value = static_cast<number>(own[i]) * mine + static_cast<number>(partner[i]) * theirs;
    if constexpr (std::is_integral_v<Value>)
      out[i] = static_cast<Value>(std::clamp<number>(std::nearbyint(value), 0, 255));
    else
      out[i] = value;
  }
}

/// The label of a mixed image: out [classes], overwritten, sums to 1. `smoothing` of the weight is spread evenly over
/// all classes (Szegedy et al.'s label smoothing), the rest is λ for the image's own class and 1 − λ for its partner's.
template <class Scalar>
void mix_labels(const batch_mix& mix, index own_class, index partner_class, index classes, double smoothing,
                Scalar* out) {
  const double even = smoothing / static_cast<double>(classes);
  for (index c = 0; c < classes; ++c) {
    const double weight = (c == own_class ? mix.own : 0) + (c == partner_class ? 1 - mix.own : 0);
    out[c] = static_cast<Scalar>(even + (1 - smoothing) * weight);
  }
}

}  // namespace sdmae
