// The sinusoid table, value by value.
#include "sdmae/vit/position.hpp"

#include <cmath>

#include "catch.hpp"

TEST_CASE("even columns are sines, odd ones cosines, of angles that shrink with the column") {
  constexpr int count = 50, width = 6;
  const auto table = sdmae::vit::sinusoid_1d<double>(count, width);
  REQUIRE(table.size() == count * width);
  for (int i = 0; i < count; ++i)
    for (int pair = 0; pair < width / 2; ++pair) {
      const double angle = i * std::exp(-std::log(10000.0) * 2 * pair / width);
      CHECK(table[static_cast<std::size_t>(i * width + 2 * pair)] == Approx(std::sin(angle)).margin(1e-13));
      CHECK(table[static_cast<std::size_t>(i * width + 2 * pair + 1)] == Approx(std::cos(angle)).margin(1e-13));
    }
  CHECK(table[0] == 0.0);
  CHECK(table[1] == 1.0);
}

TEST_CASE("the table in float is that in double, rounded; an odd width ends with a sine") {
  const auto doubles = sdmae::vit::sinusoid_1d<double>(9, 5);
  const auto floats = sdmae::vit::sinusoid_1d<float>(9, 5);
  for (std::size_t i = 0; i < floats.size(); ++i) CHECK(floats[i] == float(doubles[i]));
  CHECK(doubles[9] == Approx(std::sin(std::pow(10000.0, -0.8))));
}
