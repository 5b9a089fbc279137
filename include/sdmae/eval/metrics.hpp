// All figures of a classifier on a test set, each with its interval.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "sdmae/eval/bootstrap.hpp"
#include "sdmae/eval/confusion.hpp"
#include "sdmae/eval/ranking.hpp"

namespace sdmae::eval {

/// The class with the highest score of each row of scores [samples, classes]; the first of equals.
inline std::vector<index> best_class(std::span<const double> scores, index classes) {
  std::vector<index> best;
  for (std::size_t row = 0; row + 1 <= scores.size() / static_cast<std::size_t>(classes); ++row) {
    const auto first = scores.begin() + static_cast<std::ptrdiff_t>(row) * classes;
    best.push_back(std::max_element(first, first + classes) - first);
  }
  return best;
}

struct figure {
  std::string name;
  double value = undefined;
  interval bounds;
};

namespace detail {

inline void check_scores(std::span<const double> scores, std::span<const index> truth, index classes) {
  if (classes < 2) throw error("scores", "of one class only", "a classifier needs at least two");
  if (scores.size() != truth.size() * static_cast<std::size_t>(classes))
    throw error("scores", std::to_string(scores.size()) + " numbers for " + std::to_string(truth.size()) + " samples",
                "give one for each of " + std::to_string(classes) + " classes");
  for (const double score : scores)
    if (!std::isfinite(score)) throw error("scores", "hold a value that is not finite", "check the features");
}

inline std::vector<std::string> figure_names(index classes) {
  std::vector<std::string> names{"accuracy",     "balanced_accuracy", "macro_f1", "kappa",
                                 "kappa_linear", "kappa_quadratic",   "roc_auc",  "pr_auc"};
  for (index c = 0; c < classes; ++c) names.push_back("f1_" + std::to_string(c));
  return names;
}

// In the order of figure_names.
inline std::vector<double> figures_of(std::span<const double> scores, std::span<const index> truth,
                                      std::span<const index> predicted, index classes) {
  const confusion_matrix counts(truth, predicted, classes);
  std::vector<double> values{counts.accuracy(),
                             counts.balanced_accuracy(),
                             counts.macro_f1(),
                             counts.kappa(),
                             counts.kappa(disagreement::linear),
                             counts.kappa(disagreement::quadratic),
                             roc_auc(scores, truth, classes),
                             average_precision(scores, truth, classes)};
  for (index c = 0; c < classes; ++c) values.push_back(counts.f1(c));
  return values;
}

}  // namespace detail

/// accuracy, balanced_accuracy, macro_f1, kappa, kappa_linear, kappa_quadratic, roc_auc, pr_auc (both of class 1 where
/// there are two classes, else the mean of each against the rest) and f1_<class>, from scores [samples, classes]; the
/// prediction is the class with the highest score. Intervals as resampler says. Throws sdmae::error for labels or
/// scores that do not fit each other.
inline std::vector<figure> judge(std::span<const double> scores, std::span<const index> truth, index classes,
                                 std::span<const index> groups = {}, const bootstrap_settings& settings = {}) {
  detail::check_scores(scores, truth, classes);
  const std::vector<index> predicted = best_class(scores, classes);
  check_labels(truth, predicted, classes);
  const std::vector<double> values = detail::figures_of(scores, truth, predicted, classes);
  const auto redrawn = [&](const std::vector<std::size_t>& samples) {
    std::vector<index> t, p;
    std::vector<double> s;
    for (const std::size_t i : samples) {
      t.push_back(truth[i]);
      p.push_back(predicted[i]);
      const auto row = scores.begin() + static_cast<std::ptrdiff_t>(i) * classes;
      s.insert(s.end(), row, row + classes);
    }
    return detail::figures_of(s, t, p, classes);
  };
  const std::vector<interval> bounds = bootstrap(resampler(truth, groups, settings.seed), settings, redrawn);
  std::vector<figure> result;
  const std::vector<std::string> names = detail::figure_names(classes);
  for (std::size_t k = 0; k < names.size(); ++k)
    result.push_back({names[k], values[k], k < bounds.size() ? bounds[k] : interval{}});
  return result;
}

}  // namespace sdmae::eval
