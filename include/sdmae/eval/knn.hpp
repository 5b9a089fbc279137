// Nearest neighbours by the angle between features: the classifier that needs no training.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/eval/features.hpp"

namespace sdmae::eval {

/// `neighbours` is lowered to the number of training samples.
struct knn_settings {
  index neighbours = 20;
  double temperature = 0.07;
  int threads = 0;  // 0: all cores
};

namespace detail {

using float_matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

inline float_matrix unit_rows(const feature_matrix& x) {
  float_matrix unit = x;
  for (index i = 0; i < unit.rows(); ++i) unit.row(i) /= std::max(1e-12f, unit.row(i).norm());
  return unit;
}

// The `k` largest of a row, the earlier of equals first.
inline void nearest_of(Eigen::Ref<const Eigen::RowVectorXf> similar, index k, std::vector<index>& order) {
  order.resize(static_cast<std::size_t>(similar.size()));
  std::iota(order.begin(), order.end(), index{0});
  std::partial_sort(order.begin(), order.begin() + k, order.end(),
                    [&](index a, index b) { return similar(a) > similar(b) || (similar(a) == similar(b) && a < b); });
}

}  // namespace detail

/// Shares of the vote [samples of test, classes]: each of the nearest training samples by cosine similarity s gives its
/// class exp((s − s_max)/temperature), s_max the nearest's; rows sum to 1. As in Wu et al. (arXiv 1805.01978) and DINO.
/// Throws sdmae::error for training features that do not fit, see check_training.
inline std::vector<double> knn_scores(const labelled_features& train, const feature_matrix& test, index classes,
                                      const knn_settings& settings = {}) {
  check_training(train, classes);
  if (settings.neighbours < 1 || !(settings.temperature > 0))
    throw error("nearest neighbours", "none, or a temperature that is not positive", "the usual ones are 20 and 0.07");
  if (test.cols() != train.width) throw error("nearest neighbours", "features of two widths", "use one model for both");
  const detail::float_matrix known = detail::unit_rows(train.matrix()), asked = detail::unit_rows(test);
  const index k = std::min(settings.neighbours, train.size());
  std::vector<double> scores(static_cast<std::size_t>(test.rows() * classes));
  cpu::thread_team team(settings.threads);
  constexpr index block = 16;  // fixed: a product's rounding must not depend on the number of threads
  team.split(test.rows(), block, [&](index begin, index end, int) {
    detail::float_matrix similar;
    std::vector<index> order;
    for (index first = begin; first < end; first += block) {
      const index count = std::min(block, end - first);
      similar.noalias() = asked.middleRows(first, count) * known.transpose();
      for (index i = 0; i < count; ++i) {
        detail::nearest_of(similar.row(i), k, order);
        double* const row = scores.data() + (first + i) * classes;
        double sum = 0;
        for (index j = 0; j < k; ++j) {
          const index neighbour = order[static_cast<std::size_t>(j)];
          const double apart = double(similar(i, neighbour)) - double(similar(i, order[0]));
          const double vote = std::exp(apart / settings.temperature);
          row[train.labels[static_cast<std::size_t>(neighbour)]] += vote;
          sum += vote;
        }
        for (index c = 0; c < classes; ++c) row[c] /= sum;
      }
    }
  });
  return scores;
}

}  // namespace sdmae::eval
