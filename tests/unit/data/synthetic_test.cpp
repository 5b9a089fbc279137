// Synthetic tissue: reproducible, varied, and the colors of haematoxylin and eosin.
#include "sdmae/data/synthetic.hpp"

#include <set>

#include "catch.hpp"
#include "sdmae/data/dataset.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

static_assert(sdmae::dataset<sdmae::synthetic_tissue>);

TEST_CASE("a synthetic tile depends on seed and number only") {
  const sdmae::synthetic_tissue tiles(7, 10, 96, 96), longer(7, 500, 96, 96), other(8, 10, 96, 96);
  const sdmae::image8 tile = tiles.load(3).image;
  CHECK(tile.height == 96);
  CHECK(tile.width == 96);
  tiles.load(5);
  CHECK(tiles.load(3).image == tile);
  CHECK(longer.load(3).image == tile);
  CHECK(other.load(3).image != tile);
  std::set<std::uint64_t> seen;
  for (sdmae::index i = 0; i < 300; ++i) seen.insert(pixel_sum(longer.load(i).image));
  CHECK(seen.size() == 300);
}

TEST_CASE("synthetic tissue has the colors of tissue: pink, purple nuclei, some glass") {
  const sdmae::synthetic_tissue tiles(1, 200, 64, 64);
  double sum[3] = {}, nuclei = 0, bright = 0;
  for (sdmae::index i = 0; i < tiles.size(); ++i) {
    const sdmae::image8 tile = tiles.load(i).image;
    for (std::size_t p = 0; p < tile.pixels.size(); p += 3) {
      const int red = tile.pixels[p], green = tile.pixels[p + 1], blue = tile.pixels[p + 2];
      sum[0] += red;
      sum[1] += green;
      sum[2] += blue;
      nuclei += red < 115 && blue > red;
      bright += std::min({red, green, blue}) > 215;
    }
  }
  const double pixels = 200 * 64 * 64;
  CHECK(sum[0] / pixels == Approx(178).margin(20));
  CHECK(sum[1] / pixels == Approx(118).margin(20));
  CHECK(sum[2] / pixels == Approx(163).margin(20));
  CHECK(nuclei / pixels == Approx(0.15).margin(0.08));
  CHECK(bright / pixels == Approx(0.09).margin(0.06));
}

TEST_CASE("synthetic tiles of any size are painted") {
  for (const auto& [height, width] : {std::pair<sdmae::index, sdmae::index>{1, 1}, {3, 200}, {130, 7}}) {
    const sdmae::synthetic_tissue tiles(2, 40, height, width);
    for (sdmae::index i = 0; i < 40; ++i) CHECK(tiles.load(i).image.width == width);
  }
  CHECK_THROWS_AS(sdmae::synthetic_tissue(1, 0, 8, 8), sdmae::error);
  CHECK_THROWS_AS(sdmae::synthetic_tissue(1, 8, 0, 8), sdmae::error);
}

TEST_CASE("the fingerprint of synthetic tissue knows seed, count and size") {
  const auto fingerprint = [](std::uint64_t seed, sdmae::index count, sdmae::index height) {
    return sdmae::synthetic_tissue(seed, count, height, 96).fingerprint();
  };
  CHECK(fingerprint(1, 2, 96) == fingerprint(1, 2, 96));
  CHECK(std::set<std::uint64_t>{fingerprint(1, 2, 96), fingerprint(2, 2, 96), fingerprint(1, 3, 96),
                                fingerprint(1, 2, 97)}
            .size() == 4);
}
