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

/// Scores [samples, classes] of a test set, which must outlive this; the prediction is the class with the highest
/// score.
class judged_scores {
 public:
  /// Throws sdmae::error for labels or scores that do not fit each other.
  judged_scores(std::span<const double> scores, std::span<const index> truth, index classes)
      : scores_(scores), truth_(truth), classes_(classes) {
    detail::check_scores(scores, truth, classes);
    predicted_ = best_class(scores, classes);
    check_labels(truth, predicted_, classes);
  }

  /// In the order of detail::figure_names.
  std::vector<double> figures() const { return detail::figures_of(scores_, truth_, predicted_, classes_); }

  /// The same of some of the samples, several times those that are named so.
  std::vector<double> figures(const std::vector<std::size_t>& samples) const {
    std::vector<index> t, p;
    std::vector<double> s;
    for (const std::size_t i : samples) {
      t.push_back(truth_[i]);
      p.push_back(predicted_[i]);
      const auto row = scores_.begin() + static_cast<std::ptrdiff_t>(i) * classes_;
      s.insert(s.end(), row, row + classes_);
    }
    return detail::figures_of(s, t, p, classes_);
  }

 private:
  std::span<const double> scores_;
  std::span<const index> truth_;
  index classes_;
  std::vector<index> predicted_;
};

/// accuracy, balanced_accuracy, macro_f1, kappa, kappa_linear, kappa_quadratic, roc_auc, pr_auc (both of class 1 where
/// there are two classes, else the mean of each against the rest) and f1_<class>, from scores [samples, classes].
/// Intervals as resampler says. Throws as judged_scores.
inline std::vector<figure> judge(std::span<const double> scores, std::span<const index> truth, index classes,
                                 std::span<const index> groups = {}, const bootstrap_settings& settings = {}) {
  const judged_scores judged(scores, truth, classes);
  const std::vector<double> values = judged.figures();
  const std::vector<interval> bounds =
      bootstrap(resampler(truth, groups, settings.seed), settings,
                [&](const std::vector<std::size_t>& samples) { return judged.figures(samples); });
  std::vector<figure> result;
  const std::vector<std::string> names = detail::figure_names(classes);
  for (std::size_t k = 0; k < names.size(); ++k)
    result.push_back({names[k], values[k], k < bounds.size() ? bounds[k] : interval{}});
  return result;
}

}  // namespace sdmae::eval
