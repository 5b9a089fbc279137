// The numbers behind a chart: where an axis has its ticks and how they are written, and smoothed curves.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"

namespace sdmae::detail {

struct axis {
  double low = 0, high = 1, step = 0.2;
};

/// The axis that holds [low, high], with about `count` ticks at multiples of 1, 2 or 5 times a power of ten.
inline axis make_axis(double low, double high, int count) {
  if (!(low <= high)) return {};
  if (high - low <= 1e-9 * std::max(std::abs(low), std::abs(high))) {  // one value: some room around it
    const double room = low == 0 ? 1 : 0.1 * std::abs(low);
    low -= room;
    high += room;
  }
  const double rough = (high - low) / count, power = std::pow(10.0, std::floor(std::log10(rough)));
  const double lead = rough / power;
  return {low, high, power * (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10)};
}

/// A tick's value with as many digits as its step asks for; 12,000 rather than 12000.
inline std::string tick_label(double value, double step) {
  char text[64];
  if (std::abs(value) < 1e-9 * step) return "0";
  const int exponent = static_cast<int>(std::floor(std::log10(step) + 1e-9));
  if (exponent < -4 || std::abs(value) >= 1e7) {
    const int digits = std::max(0, static_cast<int>(std::floor(std::log10(std::abs(value)) + 1e-9)) - exponent);
    std::snprintf(text, sizeof text, "%.*e", digits, value);
    return text;
  }
  std::snprintf(text, sizeof text, "%.*f", std::max(0, -exponent), value);
  std::string label = text;
  const std::size_t first = label[0] == '-' ? 1 : 0;
  for (std::size_t at = std::min(label.find('.'), label.size()); at > first + 3; at -= 3) label.insert(at - 3, ",");
  return label;
}

/// The multiples of the step that lie on the axis.
inline std::vector<double> ticks(const axis& along) {
  std::vector<double> result;
  for (double i = std::ceil(along.low / along.step - 1e-9); i * along.step <= along.high + 1e-9 * along.step; ++i)
    result.push_back(i * along.step);
  return result;
}

/// y_i becomes the value at i of the straight line fitted to y_{i−half} … y_{i+half} (fewer at the ends, where a mean
/// would be drawn towards the middle). Values that are not finite are left out, and stay gaps.
inline std::vector<double> smooth(const std::vector<double>& y, std::size_t half) {
  std::vector<double> result(y.size(), std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!std::isfinite(y[i])) continue;
    double n = 0, sum_d = 0, sum_dd = 0, sum_y = 0, sum_dy = 0;  // d: distance from i
    for (std::size_t j = i - std::min(i, half); j < std::min(i + half + 1, y.size()); ++j) {
      if (!std::isfinite(y[j])) continue;
      const double d = static_cast<double>(j) - static_cast<double>(i);
      n += 1, sum_d += d, sum_dd += d * d, sum_y += y[j], sum_dy += d * y[j];
    }
    const double spread = n * sum_dd - sum_d * sum_d;
    result[i] = spread > 0 ? (sum_dd * sum_y - sum_d * sum_dy) / spread : sum_y / n;
  }
  return result;
}

}  // namespace sdmae::detail
