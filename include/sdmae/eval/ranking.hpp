// Figures of scores rather than of decisions: how well a classifier ranks.
#pragma once

#include <algorithm>
#include <numeric>
#include <span>
#include <vector>

#include "sdmae/eval/confusion.hpp"

namespace sdmae::eval {

namespace detail {

// visit(right, wrong) for every threshold, from the highest score down: how many samples that are, and that are not, of
// the class have just this score.
template <class Visit>
void each_threshold(std::span<const double> scores, std::span<const char> positive, Visit visit) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  for (std::size_t i = 0; i < order.size();) {
    double right = 0, wrong = 0;
    const double score = scores[order[i]];
    for (; i < order.size() && scores[order[i]] == score; ++i) (positive[order[i]] ? right : wrong) += 1;
    visit(right, wrong);
  }
}

}  // namespace detail

/// The area under the ROC curve: the share of pairs of a positive and a negative sample in which the positive one has
/// the higher score, equal scores counting half. Undefined without a sample of each kind. The scores must be numbers.
inline double roc_auc(std::span<const double> scores, std::span<const char> positive) {
  double positives = 0, negatives = 0, won = 0;
  detail::each_threshold(scores, positive, [&](double right, double wrong) {
    won += wrong * (positives + right / 2);
    positives += right;
    negatives += wrong;
  });
  return positives > 0 && negatives > 0 ? won / (positives * negatives) : undefined;
}

/// Average precision, the area under the precision-recall curve as steps: Σ (recall(t) − recall(t − 1))·precision(t)
/// over the thresholds, from the highest. Undefined without a positive sample.
inline double average_precision(std::span<const double> scores, std::span<const char> positive) {
  double positives = 0, said = 0, sum = 0;
  detail::each_threshold(scores, positive, [&](double right, double wrong) {
    positives += right;
    said += right + wrong;
    sum += right * (positives / said);
  });
  return positives > 0 ? sum / positives : undefined;
}

/// One figure for scores [samples, classes]: of class 1 where there are two classes, otherwise the mean over the
/// classes of `figure` of each against the rest. Undefined as soon as one of them is.
template <class Figure>
double one_against_rest(std::span<const double> scores, std::span<const index> truth, index classes, Figure figure) {
  std::vector<double> column(truth.size());
  std::vector<char> positive(truth.size());
  double sum = 0;
  const index first = classes == 2 ? 1 : 0;
  for (index c = first; c < classes; ++c) {
    for (std::size_t i = 0; i < truth.size(); ++i) {
      column[i] = scores[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(c)];
      positive[i] = truth[i] == c;
    }
    sum += figure(std::span<const double>(column), std::span<const char>(positive));
  }
  return sum / static_cast<double>(classes - first);
}

inline double roc_auc(std::span<const double> scores, std::span<const index> truth, index classes) {
  return one_against_rest(scores, truth, classes, [](auto s, auto p) { return roc_auc(s, p); });
}

inline double average_precision(std::span<const double> scores, std::span<const index> truth, index classes) {
  return one_against_rest(scores, truth, classes, [](auto s, auto p) { return average_precision(s, p); });
}

}  // namespace sdmae::eval
