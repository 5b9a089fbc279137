// The operations as a textbook writes them, on the host in long double: written for the kit, sharing nothing with the
// library's bodies.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "sdmae/core/config.hpp"

namespace sdmae::testing::textbook {

using real = long double;

/// A matrix of reals: m(r, c).
struct matrix {
  index rows = 0, columns = 0;
  std::vector<real> values;

  matrix() = default;
  matrix(index r, index c) : rows(r), columns(c), values(static_cast<std::size_t>(r * c)) {}
  template <class T>
  matrix(index r, index c, const std::vector<T>& from) : rows(r), columns(c), values(from.begin(), from.end()) {}
  real& operator()(index r, index c) { return values[static_cast<std::size_t>(r * columns + c)]; }
  real operator()(index r, index c) const { return values[static_cast<std::size_t>(r * columns + c)]; }
};

inline matrix transposed(const matrix& a) {
  matrix t(a.columns, a.rows);
  for (index r = 0; r < a.rows; ++r)
    for (index c = 0; c < a.columns; ++c) t(c, r) = a(r, c);
  return t;
}

inline matrix product(const matrix& a, const matrix& b) {
  matrix c(a.rows, b.columns);
  for (index i = 0; i < a.rows; ++i)
    for (index j = 0; j < b.columns; ++j)
      for (index k = 0; k < a.columns; ++k) c(i, j) += a(i, k) * b(k, j);
  return c;
}

inline matrix sum(const matrix& a, const matrix& b) {
  matrix c = a;
  for (std::size_t i = 0; i < c.values.size(); ++i) c.values[i] += b.values[i];
  return c;
}

inline real normal_distribution(real x) { return std::erfc(-x / std::sqrt(real(2))) / 2; }
inline real normal_density(real x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::acos(real(-1))); }
inline real gelu(real x) { return x * normal_distribution(x); }
inline real gelu_slope(real x) { return normal_distribution(x) + x * normal_density(x); }

/// x̂ = (x − mean)/sqrt(variance + epsilon), row by row.
struct normalised_rows {
  matrix unit;
  std::vector<real> mean, rstd;

  normalised_rows(const matrix& x, real epsilon) : unit(x.rows, x.columns) {
    for (index r = 0; r < x.rows; ++r) {
      real total = 0, squares = 0;
      for (index c = 0; c < x.columns; ++c) total += x(r, c);
      mean.push_back(total / real(x.columns));
      for (index c = 0; c < x.columns; ++c) squares += (x(r, c) - mean.back()) * (x(r, c) - mean.back());
      rstd.push_back(1 / std::sqrt(squares / real(x.columns) + epsilon));
      for (index c = 0; c < x.columns; ++c) unit(r, c) = (x(r, c) - mean.back()) * rstd.back();
    }
  }

  /// Gradient of x from that of x̂, through the whole Jacobian ∂x̂ⱼ/∂x_c = rstd·(δ_jc − 1/D − x̂ⱼ·x̂_c/D).
  matrix gradient(const matrix& dunit) const {
    matrix dx(unit.rows, unit.columns);
    const real d = real(unit.columns);
    for (index r = 0; r < unit.rows; ++r)
      for (index c = 0; c < unit.columns; ++c)
        for (index j = 0; j < unit.columns; ++j)
          dx(r, c) += dunit(r, j) * rstd[static_cast<std::size_t>(r)] *
                      ((j == c ? 1 : 0) - 1 / d - unit(r, j) * unit(r, c) / d);
    return dx;
  }
};

/// One head of one image: q, k, v and the results are [tokens, d].
struct attention_head {
  matrix q, k, v;
  matrix probabilities, out;
  std::vector<real> log_sum;

  attention_head(matrix queries, matrix keys, matrix values)
      : q(std::move(queries)), k(std::move(keys)), v(std::move(values)), probabilities(product(q, transposed(k))) {
    for (index t = 0; t < q.rows; ++t) {
      real largest = -HUGE_VALL, total = 0;
      for (index j = 0; j < q.rows; ++j) {
        probabilities(t, j) /= std::sqrt(real(q.columns));
        largest = std::fmax(largest, probabilities(t, j));
      }
      for (index j = 0; j < q.rows; ++j) total += std::exp(probabilities(t, j) - largest);
      log_sum.push_back(largest + std::log(total));
      for (index j = 0; j < q.rows; ++j) probabilities(t, j) = std::exp(probabilities(t, j) - log_sum.back());
    }
    out = product(probabilities, v);
  }

  struct gradients {
    matrix q, k, v;
  };
  /// Through softmax's whole Jacobian ∂Pⱼ/∂Sᵢ = Pⱼ(δᵢⱼ − Pᵢ).
  gradients backward(const matrix& dout) const {
    const matrix dprobabilities = product(dout, transposed(v));
    matrix dscores(q.rows, q.rows);
    for (index t = 0; t < q.rows; ++t)
      for (index i = 0; i < q.rows; ++i)
        for (index j = 0; j < q.rows; ++j)
          dscores(t, i) += dprobabilities(t, j) * probabilities(t, j) * ((i == j ? 1 : 0) - probabilities(t, i)) /
                           std::sqrt(real(q.columns));
    return {product(dscores, k), product(transposed(dscores), q), product(transposed(probabilities), dout)};
  }
};

}  // namespace sdmae::testing::textbook
