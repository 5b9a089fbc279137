// Features of images as a matrix, and what classifiers do with them first.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/eval/confusion.hpp"

namespace sdmae::eval {

/// Row-major [samples, features] in the caller's memory.
using feature_matrix = Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
using double_matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Features and true classes of a set of samples; `groups` is empty or names each sample's slide or patient. A view.
struct labelled_features {
  std::span<const float> values;  // [samples, width]
  index width = 0;
  std::span<const index> labels;
  std::span<const index> groups = {};

  index size() const { return static_cast<index>(labels.size()); }
  feature_matrix matrix() const { return {values.data(), size(), width}; }
};

/// Throws sdmae::error unless there is a finite row for every sample, and a sample of every class.
inline void check_training(const labelled_features& train, index classes) {
  const auto need = [](bool good, const std::string& what, const std::string& remedy) {
    if (!good) throw error("training features", what, remedy);
  };
  need(classes >= 2, "are of one class only", "a classifier needs at least two");
  need(train.width >= 1 && train.values.size() == train.labels.size() * static_cast<std::size_t>(train.width),
       std::to_string(train.values.size()) + " numbers for " + std::to_string(train.size()) + " samples",
       "give " + std::to_string(train.width) + " for each");
  need(train.groups.empty() || train.groups.size() == train.labels.size(), "groups for some samples only",
       "give one for each, or none");
  std::vector<index> samples(static_cast<std::size_t>(classes));
  for (const index label : train.labels) {
    need(label >= 0 && label < classes, "have label " + std::to_string(label), "number the classes from 0");
    ++samples[static_cast<std::size_t>(label)];
  }
  for (index c = 0; c < classes; ++c)
    need(samples[static_cast<std::size_t>(c)] > 0, "have no sample of class " + std::to_string(c), "add some");
  need(train.matrix().allFinite(), "hold a value that is not finite", "check the checkpoint");
}

/// y = (x − mean)·scale of every feature.
struct standardiser {
  Eigen::RowVectorXd mean, scale;

  /// Statistics of x: zero mean and unit (biased) variance come out; a feature that does not vary becomes 0.
  static standardiser of(const feature_matrix& x) {
    const auto n = static_cast<double>(x.rows());
    Eigen::RowVectorXd center = Eigen::RowVectorXd::Zero(x.cols()), variance = center;
    for (index i = 0; i < x.rows(); ++i) center += x.row(i).cast<double>();
    center /= n;
    for (index i = 0; i < x.rows(); ++i) variance += (x.row(i).cast<double>() - center).cwiseAbs2();
    variance /= n;
    const auto varies = variance.array() > 1e-12 * center.array().square();  // float keeps 7 digits
    return {center, varies.select(variance.array().rsqrt(), 0).matrix()};
  }

  /// Rows [first, first + count), overwritten in `out`.
  void apply(const feature_matrix& x, index first, index count, double_matrix& out) const {
    out = ((x.middleRows(first, count).cast<double>().rowwise() - mean).array().rowwise() * scale.array()).matrix();
  }
};

/// Each row becomes exp(row)/Σ exp(row); returns Σ_rows −log of the true class's share where labels are given.
inline double softmax_rows(Eigen::Ref<double_matrix> scores, const index* labels = nullptr) {
  double loss = 0;
  for (index i = 0; i < scores.rows(); ++i) {
    const double most = scores.row(i).maxCoeff();
    const double own = labels ? scores(i, labels[i]) : 0;
    scores.row(i) = (scores.row(i).array() - most).exp();
    const double sum = scores.row(i).sum();
    scores.row(i) /= sum;
    if (labels) loss += std::log(sum) + most - own;
  }
  return loss;
}

}  // namespace sdmae::eval
