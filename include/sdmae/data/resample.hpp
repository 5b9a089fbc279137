// Antialiased resizing of 8-bit pictures, bit for bit as Pillow's Image.resize (src/libImaging/Resample.c): the filter
// is widened when shrinking, its weights are integers with 22 bits of fraction, and the horizontal pass is rounded to
// 8 bits before the vertical one. Pillow 13 swaps the passes where the height shrinks much more than the width; we keep
// the order of Pillow 3 to 12, with which the published models were trained (bilinear results are a level apart there).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sdmae/data/image.hpp"

namespace sdmae {

enum class interpolation { bilinear, bicubic };

/// A part of a picture in whole pixels.
struct pixel_box {
  index top = 0, left = 0, height = 0, width = 0;
  bool operator==(const pixel_box&) const = default;
};

namespace detail {

inline constexpr int weight_bits = 22;

inline double triangle_weight(double x) { return std::max(0.0, 1.0 - std::fabs(x)); }

// Keys' cubic with a = -1/2, in Pillow's order of operations.
inline double cubic_weight(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

// For each output position: the first input position, how many follow, and their weights.
struct resample_weights {
  struct span {
    index first, count;
  };
  index taps = 0;
  std::vector<span> spans;
  std::vector<std::int32_t> values;  // [outputs, taps]

  const std::int32_t* at(index output) const { return values.data() + output * taps; }
};

inline resample_weights make_weights(index inputs, index outputs, interpolation filter) {
  const double scale = static_cast<double>(inputs) / static_cast<double>(outputs);
  const double stretch = std::max(scale, 1.0), inverse = 1.0 / stretch;
  const double support = (filter == interpolation::bilinear ? 1.0 : 2.0) * stretch;
  resample_weights weights;
  weights.taps = static_cast<index>(std::ceil(support)) * 2 + 1;
  weights.spans.resize(static_cast<std::size_t>(outputs));
  weights.values.resize(static_cast<std::size_t>(outputs * weights.taps));
  std::vector<double> exact(static_cast<std::size_t>(weights.taps));
  for (index output = 0; output < outputs; ++output) {
    const double center = (static_cast<double>(output) + 0.5) * scale;
    const index first = std::max<index>(0, static_cast<index>(center - support + 0.5));
    const index count = std::min(inputs, static_cast<index>(center + support + 0.5)) - first;
    double sum = 0;
    for (index i = 0; i < count; ++i) {
      const double x = (static_cast<double>(i + first) - center + 0.5) * inverse;
      const double weight = filter == interpolation::bilinear ? triangle_weight(x) : cubic_weight(x);
      exact[static_cast<std::size_t>(i)] = weight;
      sum += weight;
    }
    weights.spans[static_cast<std::size_t>(output)] = {first, count};
    for (index i = 0; i < count; ++i) {
      double value = exact[static_cast<std::size_t>(i)];
      if (sum != 0.0) value /= sum;
      value = value * (1 << weight_bits) + (value < 0 ? -0.5 : 0.5);
      weights.values[static_cast<std::size_t>(output * weights.taps + i)] = static_cast<std::int32_t>(value);
    }
  }
  return weights;
}

inline std::uint8_t rounded_byte(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp<std::int32_t>(sum >> weight_bits, 0, 255));
}

// One row: in [·, 3] → out [outputs, 3].
inline void resample_row(const std::uint8_t* in, const resample_weights& weights, index outputs, std::uint8_t* out) {
  for (index x = 0; x < outputs; ++x) {
    const auto [first, count] = weights.spans[static_cast<std::size_t>(x)];
    const std::int32_t* weight = weights.at(x);
    const std::uint8_t* pixel = in + first * 3;
    std::int32_t red = 1 << (weight_bits - 1), green = red, blue = red;
    for (index i = 0; i < count; ++i, pixel += 3) {
      red += pixel[0] * weight[i];
      green += pixel[1] * weight[i];
      blue += pixel[2] * weight[i];
    }
    out[x * 3] = rounded_byte(red);
    out[x * 3 + 1] = rounded_byte(green);
    out[x * 3 + 2] = rounded_byte(blue);
  }
}

// Rows `stride` bytes apart → out [outputs, bytes]; sums holds `bytes` numbers.
inline void resample_columns(const std::uint8_t* in, index stride, index bytes, const resample_weights& weights,
                             index outputs, std::int32_t* sums, std::uint8_t* out) {
  for (index y = 0; y < outputs; ++y) {
    const auto [first, count] = weights.spans[static_cast<std::size_t>(y)];
    std::fill(sums, sums + bytes, 1 << (weight_bits - 1));
    for (index i = 0; i < count; ++i) {
      const std::int32_t weight = weights.at(y)[i];
      const std::uint8_t* line = in + (first + i) * stride;
      for (index x = 0; x < bytes; ++x) sums[x] += line[x] * weight;
    }
    for (index x = 0; x < bytes; ++x) out[y * bytes + x] = rounded_byte(sums[x]);
  }
}

}  // namespace detail

/// Cuts `box` out of `image` and resizes it to out [height, width, 3], which is overwritten. The box is cut first: what
/// lies outside has no influence, as with torchvision's resized_crop. The box must lie in the image and be at least one
/// pixel large, as must the output; this is the caller's duty.
inline void resample(const image8& image, pixel_box box, index height, index width, interpolation filter,
                     std::uint8_t* out) {
  const index bytes = width * 3, stride = image.width * 3;
  const std::uint8_t* in = image.row(box.top) + box.left * 3;
  std::vector<std::uint8_t> narrowed;
  index rows_apart = stride;
  if (box.width != width) {
    const auto weights = detail::make_weights(box.width, width, filter);
    narrowed.resize(static_cast<std::size_t>(box.height * bytes));
    for (index y = 0; y < box.height; ++y)
      detail::resample_row(in + y * stride, weights, width, narrowed.data() + y * bytes);
    in = narrowed.data();
    rows_apart = bytes;
  }
  if (box.height != height) {
    const auto weights = detail::make_weights(box.height, height, filter);
    std::vector<std::int32_t> sums(static_cast<std::size_t>(bytes));
    detail::resample_columns(in, rows_apart, bytes, weights, height, sums.data(), out);
  } else {
    for (index y = 0; y < height; ++y) std::copy_n(in + y * rows_apart, bytes, out + y * bytes);
  }
}

/// The same as a new picture.
inline image8 resized(const image8& image, pixel_box box, index height, index width,
                      interpolation filter = interpolation::bilinear) {
  image8 result(height, width);
  resample(image, box, height, width, filter, result.pixels.data());
  return result;
}

inline image8 resized(const image8& image, index height, index width, interpolation filter = interpolation::bilinear) {
  return resized(image, {0, 0, image.height, image.width}, height, width, filter);
}

}  // namespace sdmae
