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

// He et al.'s table: half the channels for the column, half for the row, sines before cosines.
TEST_CASE("the two-dimensional table has the column's angles first, then the row's") {
  constexpr int height = 3, width = 5, channels = 8;
  const auto table = sdmae::vit::sin_cos_2d<double>(height, width, channels);
  REQUIRE(table.size() == height * width * channels);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int k = 0; k < 2; ++k) {
        const double rate = k == 0 ? 1.0 : 1e-2;
        const double* const row = table.data() + (y * width + x) * channels;
        CHECK(row[k] == Approx(std::sin(x * rate)).margin(1e-14));
        CHECK(row[2 + k] == Approx(std::cos(x * rate)).margin(1e-14));
        CHECK(row[4 + k] == Approx(std::sin(y * rate)).margin(1e-14));
        CHECK(row[6 + k] == Approx(std::cos(y * rate)).margin(1e-14));
      }
}
