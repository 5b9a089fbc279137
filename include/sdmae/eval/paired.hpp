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
  double difference = undefined;         // second − first
  interval of_first, of_second, bounds;  // the last of the difference
};

/// Scores [samples, classes] of one classifier from several runs, say of several seeds.
using score_runs = std::vector<std::vector<double>>;

namespace detail {

/// Runs on the same samples; a figure is its mean over them.
class judged_runs {
 public:
  judged_runs(const score_runs& runs, std::span<const index> truth, index classes) {
    if (runs.empty()) throw error("scores", "of no run", "give those of one at least");
    for (const std::vector<double>& scores : runs) runs_.emplace_back(scores, truth, classes);
  }

  /// Of all samples, or of some; see judged_scores.
  template <class... Samples>
  std::vector<double> figures(const Samples&... samples) const {
    std::vector<double> mean = runs_[0].figures(samples...);
    for (std::size_t run = 1; run < runs_.size(); ++run) {
      const std::vector<double> more = runs_[run].figures(samples...);
      for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += more[k];
    }
    for (double& value : mean) value /= static_cast<double>(runs_.size());
    return mean;
  }

 private:
  std::vector<judged_scores> runs_;
};

}  // namespace detail

/// Every figure of judge() for two classifiers judged on the same samples, each the mean over its runs, and the
/// difference, with their intervals. That of the difference is the paired bootstrap's: both classifiers are judged on
/// each replicate, so that what makes a slide hard for both does not count (Efron & Tibshirani, 1993, ch. 8).
/// Intervals say how far figures would move with other slides, not with other seeds. Replicates are those of judge()
/// with the same settings. Throws sdmae::error for labels or scores that do not fit each other, and without a run.
inline std::vector<paired_figure> compare(const score_runs& first, const score_runs& second,
                                          std::span<const index> truth, index classes,
                                          std::span<const index> groups = {}, const bootstrap_settings& settings = {}) {
  const detail::judged_runs one(first, truth, classes), other(second, truth, classes);
  const auto side_by_side = [&](const auto&... samples) {
    std::vector<double> all = one.figures(samples...);
    const std::vector<double> b = other.figures(samples...);
    const std::size_t count = b.size();
    all.insert(all.end(), b.begin(), b.end());
    for (std::size_t k = 0; k < count; ++k) all.push_back(b[k] - all[k]);
    return all;
  };
  const std::vector<double> values = side_by_side();
  std::vector<interval> bounds = bootstrap(resampler(truth, groups, settings.seed), settings, side_by_side);
  bounds.resize(values.size());
  const std::vector<std::string> names = detail::figure_names(classes);
  const std::size_t count = names.size();
  std::vector<paired_figure> result;
  for (std::size_t k = 0; k < count; ++k)
    result.push_back({names[k], values[k], values[count + k], values[2 * count + k], bounds[k], bounds[count + k],
                      bounds[2 * count + k]});
  return result;
}

}  // namespace sdmae::eval
