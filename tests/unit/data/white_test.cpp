// How much of a picture is pure white.
#include "sdmae/data/white.hpp"

#include <algorithm>

#include "catch.hpp"

namespace {

TEST_CASE("pure white is a pixel whose three values are 255") {
  sdmae::image8 image(4, 5);
  CHECK(sdmae::white_share(image) == 0);
  std::fill_n(image.row(1), 15, std::uint8_t{255});
  CHECK(sdmae::white_share(image) == 0.25);
  for (int channel = 0; channel < 3; ++channel) {
    sdmae::image8 almost = image;
    almost.row(1)[3 * channel + channel] = 254;
    CHECK(sdmae::white_share(almost) == 0.2);
  }
  std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{255});
  CHECK(sdmae::white_share(image) == 1);
  CHECK(sdmae::white_share({}) == 0);
}

}  // namespace
