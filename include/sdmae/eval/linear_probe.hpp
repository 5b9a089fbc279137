// What a linear classifier makes of frozen features: logistic regression with its strength chosen on the training set,
// or the released recipe's batch-normalised layer trained by gradient descent.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "sdmae/eval/folds.hpp"
#include "sdmae/eval/logistic.hpp"

namespace sdmae::eval {

/// Strengths C are tried in this order, the most regularised first.
struct chosen_strength_settings {
  std::vector<double> strengths = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10};
  index folds = 5;  // lowered to the number of groups
  std::uint64_t seed = 0;
  int threads = 0;
};

/// A classifier, and the mean −log of the true class's share over all samples when their group was left out, for each
/// strength that was tried.
struct chosen_logistic {
  linear_classifier classifier;
  double strength = 0;
  std::vector<double> losses;
};

namespace detail {

// Rows of `all` by their numbers, one after the other.
inline std::vector<float> chosen_rows(const labelled_features& all, const std::vector<index>& rows) {
  std::vector<float> values;
  for (const index i : rows) {
    const auto row = all.values.begin() + i * all.width;
    values.insert(values.end(), row, row + all.width);
  }
  return values;
}

// Adds to losses[s] the −log of the true class's share of the rows `outside`, by what strength s makes of `inside`.
inline void add_held_out(const labelled_features& train, index classes, const std::vector<index>& inside,
                         const std::vector<index>& outside, const chosen_strength_settings& settings,
                         std::vector<double>& losses) {
  const std::vector<float> seen = chosen_rows(train, inside), held = chosen_rows(train, outside);
  const auto scaling = standardiser::of({seen.data(), static_cast<index>(inside.size()), train.width});
  Eigen::VectorXd unknowns;  // each strength starts where the one before ended
  for (std::size_t s = 0; s < losses.size(); ++s) {
    const logistic_settings how{settings.strengths[s], settings.threads, {}};
    const linear_classifier fitted = fit_logistic(train, scaling, inside, classes, how, unknowns);
    const auto scores = fitted.scores({held.data(), static_cast<index>(outside.size()), train.width});
    for (std::size_t i = 0; i < outside.size(); ++i) {
      const index label = train.labels[static_cast<std::size_t>(outside[i])];
      const double share = scores[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(label)];
      losses[s] -= std::log(std::max(share, 1e-300));
    }
  }
}

}  // namespace detail

/// Logistic regression whose strength is the one with the least held-out loss in cross-validation over folds of whole
/// groups (see group_folds), then fitted on all of `train`. Features are standardised anew in every fold. Throws
/// sdmae::error for features that do not fit (see check_training), or that are of one group.
inline chosen_logistic fit_chosen_logistic(const labelled_features& train, index classes,
                                           const chosen_strength_settings& settings = {}) {
  check_training(train, classes);
  const index folds = std::min(settings.folds, count_groups(train.labels, train.groups));
  if (folds < 2)
    throw error("cross-validation", "the training set is one group", "give groups that cut it, or none at all");
  const std::vector<index> fold_of = group_folds(train.labels, train.groups, classes, folds, settings.seed);
  std::vector<double> losses(settings.strengths.size());
  for (index fold = 0; fold < folds; ++fold) {
    std::vector<index> inside, outside;
    for (index i = 0; i < train.size(); ++i)
      (fold_of[static_cast<std::size_t>(i)] == fold ? outside : inside).push_back(i);
    detail::add_held_out(train, classes, inside, outside, settings, losses);
  }
  for (double& loss : losses) loss /= static_cast<double>(train.size());
  const double strength =
      settings.strengths[static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin())];
  return {fit_logistic(train, classes, {strength, settings.threads, {}}), strength, losses};
}

}  // namespace sdmae::eval
