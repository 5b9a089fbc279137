// Multinomial logistic regression on features, as scikit-learn's LogisticRegression.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/eval/features.hpp"
#include "sdmae/eval/lbfgs.hpp"

namespace sdmae::eval {

/// probabilities(x) = softmax(x·weight + bias) of standardised features x.
struct linear_classifier {
  standardiser scaling;
  Eigen::MatrixXd weight;   // [features, classes]
  Eigen::RowVectorXd bias;  // [classes]

  index classes() const { return weight.cols(); }

  /// [samples, classes], rows sum to 1.
  std::vector<double> scores(const feature_matrix& x) const {
    std::vector<double> all(static_cast<std::size_t>(x.rows() * classes()));
    double_matrix block;
    for (index first = 0; first < x.rows(); first += 256) {
      const index count = std::min<index>(256, x.rows() - first);
      scaling.apply(x, first, count, block);
      Eigen::Map<double_matrix> rows(all.data() + first * classes(), count, classes());
      rows = (block * weight).rowwise() + bias;
      softmax_rows(rows);
    }
    return all;
  }
};

struct logistic_settings {
  double strength = 1;  // C: the larger, the less regularised
  int threads = 0;      // 0: all cores
  lbfgs_settings minimum = {};
};

namespace detail {

// loss(W, b) = Σ_i −log softmax(x_i·W + b)[label_i] + penalty/(2C)·‖W‖² over chosen rows, and its gradient. Two classes
// have one weight vector v in scikit-learn: here they are −v/2 and v/2, whose squares sum to half, hence penalty 2.
class logistic_loss {
 public:
  logistic_loss(const labelled_features& data, const standardiser& scaling, std::vector<index> rows, index classes,
                const logistic_settings& settings)
      : data_(data),
        scaling_(scaling),
        rows_(std::move(rows)),
        classes_(classes),
        decay_((classes == 2 ? 2 : 1) / settings.strength),
        team_(settings.threads),
        parts_(static_cast<std::size_t>(parts), Eigen::VectorXd(unknowns())),
        losses_(static_cast<std::size_t>(parts)) {}

  index unknowns() const { return (data_.width + 1) * classes_; }

  // The sum is cut into parts that do not depend on the number of threads, and these are added in order.
  double operator()(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    team_.split(parts, 1, [&](index begin, index end, int) {
      for (index part = begin; part < end; ++part) sum_part(part, x);
    });
    const index weights = data_.width * classes_;
    gradient.head(weights) = decay_ * x.head(weights);
    gradient.tail(classes_).setZero();
    double loss = decay_ / 2 * x.head(weights).squaredNorm();
    for (std::size_t part = 0; part < parts_.size(); ++part) {
      gradient += parts_[part];
      loss += losses_[part];
    }
    return loss;
  }

 private:
  static constexpr index parts = 16, block = 128;

  void sum_part(index part, const Eigen::VectorXd& x) {
    const index n = static_cast<index>(rows_.size()), begin = n * part / parts, end = n * (part + 1) / parts;
    Eigen::VectorXd& gradient = parts_[static_cast<std::size_t>(part)];
    gradient.setZero();
    Eigen::Map<const double_matrix> weight(x.data(), data_.width, classes_);
    Eigen::Map<double_matrix> weight_gradient(gradient.data(), data_.width, classes_);
    double_matrix rows, scores, one;
    std::vector<index> labels(static_cast<std::size_t>(block));
    double loss = 0;
    for (index first = begin; first < end; first += block) {
      const index count = std::min(block, end - first);
      rows.resize(count, data_.width);
      for (index i = 0; i < count; ++i) {
        const index sample = rows_[static_cast<std::size_t>(first + i)];
        scaling_.apply(data_.matrix(), sample, 1, one);
        rows.row(i) = one;
        labels[static_cast<std::size_t>(i)] = data_.labels[static_cast<std::size_t>(sample)];
      }
      scores = (rows * weight).rowwise() + x.tail(classes_).transpose();
      loss += softmax_rows(scores, labels.data());
      for (index i = 0; i < count; ++i) scores(i, labels[static_cast<std::size_t>(i)]) -= 1;
      weight_gradient.noalias() += rows.transpose() * scores;
      gradient.tail(classes_) += scores.colwise().sum().transpose();
    }
    losses_[static_cast<std::size_t>(part)] = loss;
  }

  const labelled_features& data_;
  const standardiser& scaling_;
  std::vector<index> rows_;
  index classes_;
  double decay_;
  cpu::thread_team team_;
  std::vector<Eigen::VectorXd> parts_;
  std::vector<double> losses_;
};

}  // namespace detail

/// Fits on the rows that are listed. `unknowns` is where it starts and becomes where it ends: [features, classes]
/// weights row by row, then the biases; made of zeros when it is empty.
inline linear_classifier fit_logistic(const labelled_features& train, const standardiser& scaling,
                                      std::vector<index> rows, index classes, const logistic_settings& settings,
                                      Eigen::VectorXd& unknowns) {
  detail::logistic_loss loss(train, scaling, std::move(rows), classes, settings);
  if (unknowns.size() != loss.unknowns()) unknowns = Eigen::VectorXd::Zero(loss.unknowns());
  minimise([&](const Eigen::VectorXd& x, Eigen::VectorXd& g) { return loss(x, g); }, unknowns, settings.minimum);
  return {scaling, Eigen::Map<const double_matrix>(unknowns.data(), train.width, classes),
          unknowns.tail(classes).transpose()};
}

/// Fits on all of `train`: the minimum over W and b of Σ −log softmax(x·W + b)[label] + ‖W‖²/(2C), x standardised, with
/// scikit-learn's meaning of C (for two classes, too). Deterministic, whatever the number of threads. Throws
/// sdmae::error for features that do not fit, see check_training.
inline linear_classifier fit_logistic(const labelled_features& train, index classes,
                                      const logistic_settings& settings = {}) {
  check_training(train, classes);
  std::vector<index> rows(train.labels.size());
  std::iota(rows.begin(), rows.end(), index{0});
  Eigen::VectorXd unknowns;
  return fit_logistic(train, standardiser::of(train.matrix()), std::move(rows), classes, settings, unknowns);
}

}  // namespace sdmae::eval
