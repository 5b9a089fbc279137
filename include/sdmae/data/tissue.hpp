// Where on a slide there is tissue: colored pixels, told from glass by Otsu's threshold.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sdmae/data/image.hpp"

namespace sdmae {

/// 255·(max − min)/max of red, green and blue, rounded down: 0 for greys, so also for glass and for ink that is black.
inline std::uint8_t saturation(const std::uint8_t* rgb) {
  const int most = std::max({rgb[0], rgb[1], rgb[2]}), least = std::min({rgb[0], rgb[1], rgb[2]});
  return static_cast<std::uint8_t>(most > 0 ? 255 * (most - least) / most : 0);
}

/// Otsu's threshold (1979): the t that makes the variance between values ≤ t and values > t largest; the lowest of
/// equal ones. A histogram of one value alone has no two sides: 255.
inline int otsu_threshold(const std::array<std::uint64_t, 256>& histogram) {
  double total = 0, sum = 0;
  for (int v = 0; v < 256; ++v) {
    total += static_cast<double>(histogram[static_cast<std::size_t>(v)]);
    sum += v * static_cast<double>(histogram[static_cast<std::size_t>(v)]);
  }
  double below = 0, sum_below = 0, most = 0;
  int best = 255;
  for (int t = 0; t < 255; ++t) {
    below += static_cast<double>(histogram[static_cast<std::size_t>(t)]);
    sum_below += t * static_cast<double>(histogram[static_cast<std::size_t>(t)]);
    const double above = total - below;
    if (below == 0 || above == 0) continue;
    const double apart = sum_below / below - (sum - sum_below) / above;
    const double between = below * above * apart * apart;
    if (between > most * (1 + 1e-12)) {
      most = between;
      best = t;
    }
  }
  return best;
}

/// One value a pixel of a small picture of the slide: is it tissue?
struct tissue_mask {
  index height = 0, width = 0;
  std::vector<char> is_tissue;

  /// The share of tissue in the part [top, bottom) × [left, right) of the slide, given in shares of its height and
  /// width.
  double share(double top, double left, double bottom, double right) const {
    const auto place = [](double share_of, index extent) {
      return std::clamp<index>(static_cast<index>(share_of * static_cast<double>(extent)), 0, extent - 1);
    };
    const index y0 = place(top, height), y1 = std::max(y0 + 1, place(bottom, height));
    const index x0 = place(left, width), x1 = std::max(x0 + 1, place(right, width));
    index count = 0;
    for (index y = y0; y < y1; ++y)
      for (index x = x0; x < x1; ++x) count += is_tissue[static_cast<std::size_t>(y * width + x)];
    return static_cast<double>(count) / static_cast<double>((y1 - y0) * (x1 - x0));
  }
  index count() const { return std::count(is_tissue.begin(), is_tissue.end(), 1); }
};

/// Pixels whose saturation is above Otsu's threshold, and at least `least`: on a picture of glass alone the threshold
/// would only divide noise.
inline tissue_mask find_tissue(const image8& picture, int least = 15) {
  std::array<std::uint64_t, 256> histogram{};
  const index pixels = picture.height * picture.width;
  for (index i = 0; i < pixels; ++i) ++histogram[saturation(picture.pixels.data() + i * 3)];
  const int threshold = std::max(least - 1, otsu_threshold(histogram));
  tissue_mask mask{picture.height, picture.width, std::vector<char>(static_cast<std::size_t>(pixels))};
  for (index i = 0; i < pixels; ++i)
    mask.is_tissue[static_cast<std::size_t>(i)] = saturation(picture.pixels.data() + i * 3) > threshold;
  return mask;
}

}  // namespace sdmae
