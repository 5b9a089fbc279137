// Two classifiers on the same test set: how far apart they are, and how far the difference would move.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sdmae/eval/metrics.hpp"

namespace sdmae::eval {

struct paired_figure {
  std::string name;
  double first = undefined, second = undefined;
  double difference = undefined;  // second − first
  interval bounds;                // of the difference
};

/// Every figure of judge() for two classifiers' scores [samples, classes] of the same samples, and the difference. Its
/// interval is the paired bootstrap's: both classifiers are judged on each replicate, so that what makes a slide hard
/// for both does not count (Efron & Tibshirani, 1993, ch. 8). Replicates are those of judge() with the same settings.
/// Throws sdmae::error for labels or scores that do not fit each other.
inline std::vector<paired_figure> compare(std::span<const double> first, std::span<const double> second,
                                          std::span<const index> truth, index classes,
                                          std::span<const index> groups = {}, const bootstrap_settings& settings = {}) {
  const judged_scores one(first, truth, classes), other(second, truth, classes);
  const std::vector<double> a = one.figures(), b = other.figures();
  const auto differences = [&](const std::vector<double>& x, const std::vector<double>& y) {
    std::vector<double> apart(x.size());
    for (std::size_t k = 0; k < x.size(); ++k) apart[k] = y[k] - x[k];
    return apart;
  };
  const std::vector<interval> bounds =
      bootstrap(resampler(truth, groups, settings.seed), settings, [&](const std::vector<std::size_t>& samples) {
        return differences(one.figures(samples), other.figures(samples));
      });
  const std::vector<double> apart = differences(a, b);
  const std::vector<std::string> names = detail::figure_names(classes);
  std::vector<paired_figure> result;
  for (std::size_t k = 0; k < names.size(); ++k)
    result.push_back({names[k], a[k], b[k], apart[k], k < bounds.size() ? bounds[k] : interval{}});
  return result;
}

}  // namespace sdmae::eval
