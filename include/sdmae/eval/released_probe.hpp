// The released recipe's linear probe: a batch-normalised linear layer trained by gradient descent.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/eval/logistic.hpp"

namespace sdmae::eval {

/// On features computed once, of whole images without augmentation.
struct probe_settings {
  index epochs = 90, batch = 256;
  double base_rate = 0.1;  // times batch/256, then by a cosine to 0, step by step
  double momentum = 0.9, epsilon = 1e-6;
  double deviation = 0.01;  // of the first weights, normally distributed; biases are 0
  std::uint64_t seed = 0;
};

namespace detail {

class probe_training {
 public:
  probe_training(const labelled_features& train, index classes, const probe_settings& settings)
      : train_(train),
        settings_(settings),
        mean_(Eigen::RowVectorXd::Zero(train.width)),
        variance_(Eigen::RowVectorXd::Ones(train.width)),
        weight_(train.width, classes),
        weight_speed_(Eigen::MatrixXd::Zero(train.width, classes)),
        bias_(Eigen::RowVectorXd::Zero(classes)),
        bias_speed_(bias_),
        order_(static_cast<std::size_t>(train.size())) {
    random_sequence random(settings.seed, stream::probe);
    for (index i = 0; i < train.width; ++i)
      for (index c = 0; c < classes; ++c) weight_(i, c) = settings.deviation * random.normal();
    std::iota(order_.begin(), order_.end(), index{0});
  }

  linear_classifier run() {
    const index n = train_.size(), batch = settings_.batch;
    const index steps = (n + batch - 1) / batch, total = steps * settings_.epochs;
    const double peak = settings_.base_rate * static_cast<double>(batch) / 256;
    for (index step = 0; step < total; ++step) {
      if (step % steps == 0) {
        random_sequence random(settings_.seed, stream::shuffle, static_cast<std::uint64_t>(step / steps));
        shuffle(order_.data(), n, random);
      }
      const index begin = step % steps * batch;
      const double turn = 3.14159265358979323846 * static_cast<double>(step) / static_cast<double>(total);
      take_step(begin, std::min(batch, n - begin), peak * 0.5 * (1 + std::cos(turn)));
    }
    return {{mean_, (variance_.array() + settings_.epsilon).rsqrt().matrix()}, weight_, bias_};
  }

 private:
  void take_step(index begin, index count, double rate) {
    if (count < 2) return;  // a single sample has no variance
    gather(begin, count);
    normalise(static_cast<double>(count));
    scores_ = (x_ * weight_).rowwise() + bias_;
    softmax_rows(scores_);
    for (index i = 0; i < count; ++i) scores_(i, labels_[static_cast<std::size_t>(i)]) -= 1;
    scores_ /= static_cast<double>(count);
    weight_speed_ = settings_.momentum * weight_speed_ + x_.transpose() * scores_;
    bias_speed_ = settings_.momentum * bias_speed_ + scores_.colwise().sum();
    weight_ -= rate * weight_speed_;
    bias_ -= rate * bias_speed_;
  }

  void gather(index begin, index count) {
    x_.resize(count, train_.width);
    labels_.clear();
    for (index i = 0; i < count; ++i) {
      const index sample = order_[static_cast<std::size_t>(begin + i)];
      x_.row(i) = train_.matrix().row(sample).cast<double>();
      labels_.push_back(train_.labels[static_cast<std::size_t>(sample)]);
    }
  }

  void normalise(double count) {
    const Eigen::RowVectorXd center = x_.colwise().mean();
    x_.rowwise() -= center;
    const Eigen::RowVectorXd spread = x_.colwise().squaredNorm() / count;
    x_.array().rowwise() *= (spread.array() + settings_.epsilon).rsqrt();
    mean_ = 0.9 * mean_ + 0.1 * center;
    variance_ = 0.9 * variance_ + 0.1 * count / (count - 1) * spread;
  }

  const labelled_features& train_;
  const probe_settings& settings_;
  Eigen::RowVectorXd mean_, variance_;  // running: what classifies later uses them
  Eigen::MatrixXd weight_, weight_speed_;
  Eigen::RowVectorXd bias_, bias_speed_;
  std::vector<index> order_, labels_;
  double_matrix x_, scores_;
};

}  // namespace detail

/// Batch normalisation without scale and shift, then a linear layer, by stochastic gradient descent with momentum and
/// no decay on the mean cross-entropy. While it trains, a batch is normalised by its own statistics; what classifies
/// later uses running ones (PyTorch's: new = 0.9·old + 0.1·batch's, variances unbiased). The last batch of an epoch may
/// be smaller; one of a single sample is left out. Throws sdmae::error for features that do not fit, see
/// check_training.
inline linear_classifier fit_released_probe(const labelled_features& train, index classes,
                                            const probe_settings& settings = {}) {
  check_training(train, classes);
  if (settings.epochs < 1 || settings.batch < 2)
    throw error("linear probe", "no epoch, or a batch below 2", "90 and 256 are usual");
  return detail::probe_training(train, classes, settings).run();
}

}  // namespace sdmae::eval
