// Minimising a smooth function of many variables: L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithm 7.5).
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <deque>

#include "sdmae/core/config.hpp"

namespace sdmae::eval {

/// Stops when no entry of the gradient is larger than `gradient`, when a step gains no more than rounding, or after
/// `iterations`.
struct lbfgs_settings {
  index iterations = 1000, history = 12;
  double gradient = 1e-5;
};

struct lbfgs_result {
  double value = 0;
  index iterations = 0;
  bool converged = false;
};

namespace detail {

// Steps s and changes y of the gradient, the newest last; direction() is −H·g by the two-loop recursion.
class curvature {
 public:
  explicit curvature(index history) : history_(static_cast<std::size_t>(history)) {}

  void add(const Eigen::VectorXd& s, const Eigen::VectorXd& y) {
    const double sy = s.dot(y);
    if (!(sy > 1e-14 * y.squaredNorm())) return;  // no curvature was seen: keep H positive definite
    if (pairs_.size() == history_) pairs_.pop_front();
    pairs_.push_back({s, y, 1 / sy});
  }
  void forget() { pairs_.clear(); }
  bool empty() const { return pairs_.empty(); }

  Eigen::VectorXd direction(const Eigen::VectorXd& gradient) const {
    Eigen::VectorXd d = -gradient;
    std::deque<double> alpha;
    for (auto newest = pairs_.rbegin(); newest != pairs_.rend(); ++newest) {
      alpha.push_front(newest->rho * newest->s.dot(d));
      d -= alpha.front() * newest->y;
    }
    if (!pairs_.empty()) d *= 1 / (pairs_.back().rho * pairs_.back().y.squaredNorm());
    for (std::size_t i = 0; i < pairs_.size(); ++i) d += (alpha[i] - pairs_[i].rho * pairs_[i].y.dot(d)) * pairs_[i].s;
    return d;
  }

 private:
  struct pair {
    Eigen::VectorXd s, y;
    double rho;
  };
  std::size_t history_;
  std::deque<pair> pairs_;
};

// A step along d that satisfies the weak Wolfe conditions (c1 = 1e-4, c2 = 0.9), by bisection. On return x, gradient
// and the value belong to the new point; false where rounding leaves nothing to gain, and then they are unchanged.
template <class F>
bool wolfe_step(F& f, const Eigen::VectorXd& d, double first, Eigen::VectorXd& x, Eigen::VectorXd& gradient,
                double& value) {
  const double slope = gradient.dot(d);
  double low = 0, high = 0, step = first;
  Eigen::VectorXd there(x.size()), g(x.size());
  for (int attempt = 0; attempt < 40; ++attempt) {
    there = x + step * d;
    const double found = f(there, g);
    if (!(found <= value + 1e-4 * step * slope))
      high = step;
    else if (g.dot(d) < 0.9 * slope)
      low = step;
    else {
      x = there;
      gradient = g;
      value = found;
      return true;
    }
    step = high > 0 ? (low + high) / 2 : 2 * low;
  }
  return false;
}

}  // namespace detail

/// Minimises f from x, which becomes the minimum; f(x, g) returns the value and overwrites the gradient g.
template <class F>
lbfgs_result minimise(F f, Eigen::VectorXd& x, const lbfgs_settings& settings = {}) {
  lbfgs_result result;
  Eigen::VectorXd gradient(x.size());
  result.value = f(x, gradient);
  detail::curvature history(settings.history);
  for (; result.iterations < settings.iterations; ++result.iterations) {
    if (gradient.cwiseAbs().maxCoeff() <= settings.gradient) {
      result.converged = true;
      break;
    }
    const Eigen::VectorXd before = x, slope = gradient, d = history.direction(gradient);
    const double first = history.empty() ? 1 / std::max(1.0, gradient.norm()) : 1;
    if (!detail::wolfe_step(f, d, first, x, gradient, result.value)) {
      if (history.empty()) break;
      history.forget();  // once more along the gradient itself
      continue;
    }
    history.add(x - before, gradient - slope);
  }
  return result;
}

}  // namespace sdmae::eval
