// Gaussian blur: a slide out of focus.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/core/random.hpp"

namespace sdmae {

/// How often, and by how many pixels of the network's image (a Gaussian's σ, uniform in the range).
struct blur_settings {
  double probability = 0;
  double min_sigma = 0.1, max_sigma = 2;
  bool on() const { return probability > 0; }
};

/// Throws an sdmae::error that names `where` when a setting is out of range.
inline void check_blur(const blur_settings& settings, const std::string& where = "blur") {
  if (!(settings.probability >= 0 && settings.probability <= 1))
    throw error(where, "the probability must be 0 to 1", "the usual one is 0.5");
  if (!(settings.min_sigma > 0 && settings.min_sigma <= settings.max_sigma && settings.max_sigma <= 100))
    throw error(where, "sigma must be 0 < smallest <= largest <= 100 pixels", "the usual one is 0.1 to 2");
}

namespace detail {

// exp(−x²/2σ²) at x = −r … r, r = ⌈3σ⌉, divided by its sum.
inline std::vector<float> gaussian_weights(double sigma) {
  const auto radius = static_cast<index>(std::ceil(3 * sigma));
  std::vector<double> exact;
  double sum = 0;
  for (index x = -radius; x <= radius; ++x) {
    const double of_sigma = static_cast<double>(x) / sigma;
    exact.push_back(std::exp(-0.5 * of_sigma * of_sigma));
    sum += exact.back();
  }
  std::vector<float> weights;
  for (const double weight : exact) weights.push_back(static_cast<float>(weight / sum));
  return weights;
}

// The position that stands in for one outside [0, extent): mirrored at the outermost pixels, as often as it takes.
inline index reflected(index position, index extent) {
  if (extent == 1) return 0;
  const index period = 2 * (extent - 1);
  const index within = (position % period + period) % period;
  return within < extent ? within : period - within;
}

// out[0 … count) = Σ weights[k]·in[k·apart + …]
inline void weigh(const std::vector<float>& weights, const float* in, index apart, index count, float* out) {
  std::fill(out, out + count, 0.0f);
  for (const float weight : weights) {
    for (index i = 0; i < count; ++i) out[i] += weight * in[i];
    in += apart;
  }
}

}  // namespace detail

/// Blurs pixels [height, width, 3] in place: torchvision's gaussian_blur with a kernel of 2·⌈3σ⌉ + 1 pixels, mirrored
/// at the edges, rounded to the nearest.
inline void blur(double sigma, index height, index width, std::uint8_t* pixels) {
  const std::vector<float> weights = detail::gaussian_weights(sigma);
  const auto taps = static_cast<index>(weights.size());
  const index radius = taps / 2, bytes = width * 3, padded_rows = height + taps - 1;
  std::vector<float> line(static_cast<std::size_t>((width + taps - 1) * 3));
  std::vector<float> across(static_cast<std::size_t>(padded_rows * bytes));
  std::vector<index> source_of(line.size());  // in a row, the same in all
  for (index i = 0; i < (width + taps - 1) * 3; ++i)
    source_of[static_cast<std::size_t>(i)] = detail::reflected(i / 3 - radius, width) * 3 + i % 3;
  for (index y = 0; y < height; ++y) {
    for (std::size_t i = 0; i < line.size(); ++i) line[i] = pixels[y * bytes + source_of[i]];
    detail::weigh(weights, line.data(), 3, bytes, across.data() + (y + radius) * bytes);
  }
  for (index y = 0; y < padded_rows; ++y)
    if (const index source = detail::reflected(y - radius, height) + radius; source != y)
      std::copy_n(across.data() + source * bytes, bytes, across.data() + y * bytes);
  line.resize(static_cast<std::size_t>(bytes));
  for (index y = 0; y < height; ++y) {
    detail::weigh(weights, across.data() + y * bytes, bytes, bytes, line.data());
    for (index x = 0; x < bytes; ++x)
      pixels[y * bytes + x] =
          static_cast<std::uint8_t>(std::clamp(std::nearbyint(line[static_cast<std::size_t>(x)]), 0.0f, 255.0f));
  }
}

/// Draws whether and by how much.
inline void blur_sometimes(const blur_settings& settings, random_sequence random, index height, index width,
                           std::uint8_t* pixels) {
  const bool blurred = random.uniform() < settings.probability;
  const double sigma = random.uniform(settings.min_sigma, settings.max_sigma);
  if (blurred) blur(sigma, height, width, pixels);
}

}  // namespace sdmae
