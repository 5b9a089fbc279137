// Features as colors: the first components, each over its whole range, whatever outliers there are.
#include "sdmae/eval/component_colors.hpp"

#include <vector>

#include "catch.hpp"

using namespace sdmae;

TEST_CASE("features become colors by their first three components") {
  // A line of 101 points along the second of four features.
  std::vector<float> rows(101 * 4);
  for (std::size_t i = 0; i < 101; ++i) rows[i * 4 + 1] = static_cast<float>(i);
  const auto colors = eval::color_by_components({rows.data(), 101, 4});
  CHECK(colors.shares[0] == Approx(1));
  CHECK(colors.rgb[0][0] == 0);
  CHECK(colors.rgb[2][0] == 0);
  CHECK(colors.rgb[3][0] > 0);
  CHECK(colors.rgb[50][0] == 128);
  CHECK(colors.rgb[97][0] < 255);
  CHECK(colors.rgb[98][0] == 255);
  for (const auto& one : colors.rgb) {
    CHECK(one[1] == 128);  // nothing varies beside
    CHECK(one[2] == 128);
  }
  rows[100 * 4 + 1] = 1e6f;
  const auto with_outlier = eval::color_by_components({rows.data(), 101, 4});
  CHECK(with_outlier.rgb[50] == colors.rgb[50]);
  CHECK(with_outlier.rgb[100][0] == 255);
  CHECK_THROWS(eval::color_by_components({rows.data(), 1, 4}));
}
