// Principal components: known ones are found, and what is found is orthonormal and explains what it says.
#include "sdmae/eval/principal_components.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "sdmae/core/random.hpp"

using namespace sdmae;

namespace {

/// 500 points around (1, 2, 3, 4): spread 3 along (1, 1, 0, 0)/√2, 1 along (0, 0, 0.6, −0.8), next to none elsewhere.
std::vector<float> cloud() {
  std::vector<float> rows;
  random_sequence numbers(1, stream::test, 9);
  for (int i = 0; i < 500; ++i) {
    const double a = numbers.uniform(-3, 3), b = numbers.uniform(-1, 1), tiny = numbers.uniform(-1e-3, 1e-3);
    for (const double value : {1 + a / std::sqrt(2.0) + tiny, 2 + a / std::sqrt(2.0) - tiny, 3 + 0.6 * b, 4 - 0.8 * b})
      rows.push_back(static_cast<float>(value));
  }
  return rows;
}

}  // namespace

TEST_CASE("the directions of a cloud are found, the longest first") {
  const std::vector<float> rows = cloud();
  const eval::feature_matrix x(rows.data(), 500, 4);
  const auto found = eval::find_principal_components(x, 3);
  const double expected[2][4] = {{std::sqrt(0.5), std::sqrt(0.5), 0, 0}, {0, 0, -0.6, 0.8}};
  for (int k = 0; k < 2; ++k)
    for (int c = 0; c < 4; ++c) CHECK(std::fabs(found.directions(k, c) - expected[k][c]) < 0.03);
  CHECK((found.directions * found.directions.transpose() - Eigen::Matrix3d::Identity()).norm() < 1e-12);
  CHECK(found.variances(2) < 1e-5);
  CHECK(std::fabs(found.variances.sum() - found.variance_of_all) < 1e-5);
  const eval::double_matrix y = found.project(x);
  for (int k = 0; k < 3; ++k) {
    CHECK(std::fabs(y.col(k).mean()) < 1e-10);
    CHECK(std::fabs(y.col(k).squaredNorm() / 499 - found.variances(k)) < 1e-10);
  }
}

TEST_CASE("what has no principal components is refused") {
  std::vector<float> rows(8, 1.0f);
  CHECK_THROWS_AS(eval::find_principal_components({rows.data(), 1, 4}, 1), error);
  CHECK_THROWS_AS(eval::find_principal_components({rows.data(), 2, 4}, 5), error);
  rows[3] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(eval::find_principal_components({rows.data(), 2, 4}, 1), error);
}
