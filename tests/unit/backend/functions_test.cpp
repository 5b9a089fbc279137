// GELU and its slope as PyTorch 2.15 gives them in float64.
#include "sdmae/backend/functions.hpp"

#include <cmath>

#include "catch.hpp"

TEST_CASE("gelu is exact, not its tanh approximation") {
  const double x[] = {-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0};
  const double y[] = {-0.00404969409489031, -0.15865525393145702, -0.15426876936299344, 0.0,
                      0.34573123063700656,  0.841344746068543,    2.99595030590511};
  const double slope[] = {-0.01194564720418392, -0.08331547058768635, 0.13250487534383712, 0.5,
                          0.8674951246561629,   1.0833154705876864,   1.011945647204184};
  for (int i = 0; i < 7; ++i) {
    CHECK(std::abs(sdmae::gelu(x[i]) - y[i]) <= 2e-15);
    CHECK(std::abs(sdmae::gelu_derivative(x[i]) - slope[i]) <= 2e-15);
    CHECK(std::abs(sdmae::gelu(float(x[i])) - y[i]) <= 1e-6);
  }
  CHECK(std::abs(sdmae::gelu(1.0L) - 0.5L * std::erfc(-std::sqrt(0.5L))) <= 1e-18L);
}
