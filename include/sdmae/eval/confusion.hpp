// What a classifier's answers were, counted, and the figures that follow from the counts alone.
#pragma once

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae::eval {

/// Values of what is not defined, such as the agreement of two raters who always say the same word.
inline constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

/// Throws sdmae::error unless both lists are equally long, not empty, and hold classes 0, …, classes − 1.
inline void check_labels(std::span<const index> truth, std::span<const index> predicted, index classes) {
  if (truth.size() != predicted.size() || truth.empty())
    throw error("labels",
                std::to_string(truth.size()) + " true and " + std::to_string(predicted.size()) + " predicted ones",
                "give one of each for every sample, at least one sample");
  for (const auto& list : {truth, predicted})
    for (const index label : list)
      if (label < 0 || label >= classes)
        throw error("labels", std::to_string(label) + " is not one of " + std::to_string(classes) + " classes",
                    "number the classes from 0");
}

/// How far apart two classes are to Cohen's kappa: any error alike, by the distance of their numbers, by its square.
enum class disagreement { nominal, linear, quadratic };

/// Counts [true class, predicted class]. Every figure equals scikit-learn's of the same name.
class confusion_matrix {
 public:
  explicit confusion_matrix(index classes)
      : classes_(classes), counts_(static_cast<std::size_t>(classes * classes)), row_(sized()), column_(sized()) {}

  /// See check_labels, which is the caller's duty here.
  confusion_matrix(std::span<const index> truth, std::span<const index> predicted, index classes)
      : confusion_matrix(classes) {
    for (std::size_t i = 0; i < truth.size(); ++i) add(truth[i], predicted[i]);
  }

  void add(index truth, index predicted) {
    counts_[static_cast<std::size_t>(truth * classes_ + predicted)] += 1;
    row_[static_cast<std::size_t>(truth)] += 1;
    column_[static_cast<std::size_t>(predicted)] += 1;
    total_ += 1;
  }

  index classes() const { return classes_; }
  double total() const { return total_; }
  double at(index truth, index predicted) const {
    return counts_[static_cast<std::size_t>(truth * classes_ + predicted)];
  }
  /// Samples that are of a class; samples that were said to be.
  double truly(index c) const { return row_[static_cast<std::size_t>(c)]; }
  double said(index c) const { return column_[static_cast<std::size_t>(c)]; }

  double accuracy() const {
    double right = 0;
    for (index c = 0; c < classes_; ++c) right += at(c, c);
    return right / total_;
  }

  /// The mean of the classes' recalls at(c, c)/truly(c); a class without samples does not count.
  double balanced_accuracy() const {
    double sum = 0, present = 0;
    for (index c = 0; c < classes_; ++c)
      if (truly(c) > 0) {
        sum += at(c, c) / truly(c);
        present += 1;
      }
    return sum / present;
  }

  /// 2·at(c, c)/(truly(c) + said(c)): 0 for a class that nobody is nor was said to be.
  double f1(index c) const {
    const double both = truly(c) + said(c);
    return both > 0 ? 2 * at(c, c) / both : 0;
  }

  /// The mean of f1 over the classes that somebody is or was said to be.
  double macro_f1() const {
    double sum = 0, present = 0;
    for (index c = 0; c < classes_; ++c)
      if (truly(c) + said(c) > 0) {
        sum += f1(c);
        present += 1;
      }
    return sum / present;
  }

  /// Cohen's kappa: 1 − Σ w·at / Σ w·expected, expected(i, j) = truly(i)·said(j)/total. Undefined where both always say
  /// the same class.
  double kappa(disagreement how = disagreement::nominal) const {
    double seen = 0, by_chance = 0;
    for (index i = 0; i < classes_; ++i)
      for (index j = 0; j < classes_; ++j) {
        const double apart = static_cast<double>(i < j ? j - i : i - j);
        const double weight = how == disagreement::nominal  ? (i != j)
                              : how == disagreement::linear ? apart
                                                            : apart * apart;
        seen += weight * at(i, j);
        by_chance += weight * truly(i) * said(j) / total_;
      }
    return by_chance > 0 ? 1 - seen / by_chance : undefined;
  }

 private:
  std::vector<double> sized() const { return std::vector<double>(static_cast<std::size_t>(classes_)); }

  index classes_;
  double total_ = 0;
  std::vector<double> counts_, row_, column_;
};

}  // namespace sdmae::eval
