// What a linear classifier makes of frozen features: logistic regression with its strength chosen on the training set,
// or the released recipe's batch-normalised layer trained by gradient descent.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "sdmae/eval/folds.hpp"
#include "sdmae/eval/logistic.hpp"

namespace sdmae::eval {

/// Of the strengths, the one with the least held-out loss, or the most regularised whose loss is within one standard
/// error of it (Breiman et al., Classification and Regression Trees, 1984, §3.4.3): simpler, and as good as the groups
/// that there are can tell.
enum class strength_rule { least_loss, one_standard_error };

/// Strengths C are tried in this order, the most regularised first.
struct chosen_strength_settings {
  std::vector<double> strengths = {1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10};
  strength_rule rule = strength_rule::least_loss;
  index folds = 5;  // lowered to the number of groups
  std::uint64_t seed = 0;
  int threads = 0;
  bool keep_held_out = false;  // chosen_logistic::held_out
};

/// A classifier, and the mean −log of the true class's share over samples when their group was left out, for each
/// strength that was tried; the standard error of the least of these means, over groups; and, if asked for, what the
/// chosen strength says of every sample when its group was left out: [samples, classes], probabilities.
struct chosen_logistic {
  linear_classifier classifier;
  double strength = 0;
  std::vector<double> losses;
  double standard_error = 0;
  std::vector<index> judged;  // the samples that the losses are of, ascending; the others' class is gone with them
  std::vector<double> held_out;
};

namespace detail {

// Rows [samples, width] by their numbers, one after the other.
template <class Number>
std::vector<Number> chosen_rows(std::span<const Number> all, index width, const std::vector<index>& rows) {
  std::vector<Number> values;
  for (const index i : rows) {
    const auto row = all.begin() + i * width;
    values.insert(values.end(), row, row + width);
  }
  return values;
}

/// Of each strength: −log of the true class's share, sample by sample; and where they are kept, scores [samples,
/// classes]. Losses count for the samples `judged`.
struct held_out_samples {
  std::vector<std::vector<double>> losses, scores;
  std::vector<index> judged;

  held_out_samples(std::size_t strengths, index samples, index classes, bool keep)
      : losses(strengths, std::vector<double>(static_cast<std::size_t>(samples))),
        scores(keep ? strengths : 0, std::vector<double>(static_cast<std::size_t>(samples * classes))) {}
};

// Those of `outside` that what is fitted to `inside` can be asked about: it has seen their class, and another. The
// share of a class that it has not seen goes to 0 as fast as its bias is let to, and would decide which strength is
// chosen.
inline std::vector<index> answerable(std::span<const index> labels, const std::vector<index>& inside,
                                     std::vector<index> outside) {
  std::set<index> seen;
  for (const index i : inside) seen.insert(labels[static_cast<std::size_t>(i)]);
  std::erase_if(outside,
                [&](index i) { return seen.size() < 2 || !seen.contains(labels[static_cast<std::size_t>(i)]); });
  return outside;
}

// The rows `outside`, by what each strength makes of `inside`.
inline void hold_out(const labelled_features& train, index classes, const std::vector<index>& inside,
                     const std::vector<index>& outside, const chosen_strength_settings& settings,
                     held_out_samples& found) {
  const std::vector<float> seen = chosen_rows(train.values, train.width, inside);
  const std::vector<float> held = chosen_rows(train.values, train.width, outside);
  const auto scaling = standardiser::of({seen.data(), static_cast<index>(inside.size()), train.width});
  Eigen::VectorXd unknowns;  // each strength starts where the one before ended
  for (std::size_t s = 0; s < found.losses.size(); ++s) {
    const logistic_settings how{settings.strengths[s], settings.threads, {}};
    const linear_classifier fitted = fit_logistic(train, scaling, inside, classes, how, unknowns);
    const auto scores = fitted.scores({held.data(), static_cast<index>(outside.size()), train.width});
    for (std::size_t i = 0; i < outside.size(); ++i) {
      const index sample = outside[i];
      const auto row = scores.begin() + static_cast<index>(i) * classes;
      const double share = row[train.labels[static_cast<std::size_t>(sample)]];
      found.losses[s][static_cast<std::size_t>(sample)] = -std::log(std::max(share, 1e-300));
      if (!found.scores.empty()) std::copy_n(row, classes, found.scores[s].begin() + sample * classes);
    }
  }
  const std::vector<index> judged = answerable(train.labels, inside, outside);
  found.judged.insert(found.judged.end(), judged.begin(), judged.end());
}

inline double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of the mean m of losses l_i in G groups: √(G/(G − 1)·Σ_groups (Σ_i (l_i − m))²)/n, samples of a group vary together;
// 0 of one group, which tells nothing of others.
inline double standard_error(const std::vector<double>& losses, std::span<const index> groups) {
  const double m = mean(losses);
  std::map<index, double> sums;
  for (std::size_t i = 0; i < losses.size(); ++i)
    sums[groups.empty() ? static_cast<index>(i) : groups[i]] += losses[i] - m;
  if (sums.size() < 2) return 0;
  double squares = 0;
  for (const auto& [group, sum] : sums) squares += sum * sum;
  const auto count = static_cast<double>(sums.size());
  return std::sqrt(count / (count - 1) * squares) / static_cast<double>(losses.size());
}

/// The classifier of the strength that the samples held out speak for.
inline chosen_logistic chosen_by(const labelled_features& train, index classes,
                                 const chosen_strength_settings& settings, held_out_samples held_out) {
  chosen_logistic found;
  found.judged = std::move(held_out.judged);
  std::sort(found.judged.begin(), found.judged.end());
  if (found.judged.empty())
    throw error("cross-validation", "no class is left to be told from another when a fold of groups is held out",
                "give classes of several groups, or choose other folds");
  const auto of_judged = [&](const auto& values, index width) {
    return chosen_rows(std::span(std::as_const(values)), width, found.judged);
  };
  std::vector<std::vector<double>> losses;
  for (const std::vector<double>& of_all : held_out.losses) {
    losses.push_back(of_judged(of_all, 1));
    found.losses.push_back(mean(losses.back()));
  }
  const std::vector<index> groups = train.groups.empty() ? std::vector<index>{} : of_judged(train.groups, 1);
  const auto least = std::min_element(found.losses.begin(), found.losses.end());
  found.standard_error = standard_error(losses[static_cast<std::size_t>(least - found.losses.begin())], groups);
  const double most = *least + (settings.rule == strength_rule::one_standard_error ? found.standard_error : 0);
  const auto chosen = std::find_if(found.losses.begin(), found.losses.end(), [&](double loss) { return loss <= most; });
  const auto at = static_cast<std::size_t>(chosen - found.losses.begin());
  found.strength = settings.strengths[at];
  if (settings.keep_held_out) found.held_out = std::move(held_out.scores[at]);
  found.classifier = fit_logistic(train, classes, {found.strength, settings.threads, {}});
  return found;
}

}  // namespace detail

/// Logistic regression whose strength is chosen, by the rule of `settings`, by held-out loss in cross-validation over
/// folds of whole groups (see group_folds), then fitted on all of `train`. Features are standardised anew in every
/// fold. Samples of a class that the other folds lack are left out of the loss (chosen_logistic::judged). Throws
/// sdmae::error for features that do not fit (see check_training), that are of one group, or of which none is judged.
inline chosen_logistic fit_chosen_logistic(const labelled_features& train, index classes,
                                           const chosen_strength_settings& settings = {}) {
  check_training(train, classes);
  const index folds = std::min(settings.folds, count_groups(train.labels, train.groups));
  if (folds < 2)
    throw error("cross-validation", "the training set is one group", "give groups that cut it, or none at all");
  const std::vector<index> fold_of = group_folds(train.labels, train.groups, classes, folds, settings.seed);
  detail::held_out_samples held_out(settings.strengths.size(), train.size(), classes, settings.keep_held_out);
  for (index fold = 0; fold < folds; ++fold) {
    std::vector<index> inside, outside;
    for (index i = 0; i < train.size(); ++i)
      (fold_of[static_cast<std::size_t>(i)] == fold ? outside : inside).push_back(i);
    detail::hold_out(train, classes, inside, outside, settings, held_out);
  }
  return detail::chosen_by(train, classes, settings, std::move(held_out));
}

}  // namespace sdmae::eval
