// Tissue and glass.
#include "sdmae/data/tissue.hpp"

#include "catch.hpp"
#include "sdmae/data/synthetic.hpp"

namespace {

TEST_CASE("saturation is HSV's") {
  const auto of = [](std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    const std::uint8_t rgb[] = {r, g, b};
    return static_cast<int>(sdmae::saturation(rgb));
  };
  CHECK(of(0, 0, 0) == 0);
  CHECK(of(240, 240, 240) == 0);
  CHECK(of(200, 100, 150) == 127);
  CHECK(of(255, 0, 3) == 255);
}

TEST_CASE("Otsu's threshold lies between two heaps") {
  std::array<std::uint64_t, 256> histogram{};
  CHECK(sdmae::otsu_threshold(histogram) == 255);
  histogram[9] = 40;
  CHECK(sdmae::otsu_threshold(histogram) == 255);
  histogram[10] = 100;
  histogram[12] = 50;
  histogram[200] = 30;
  histogram[210] = 30;
  CHECK(sdmae::otsu_threshold(histogram) == 12);
}

TEST_CASE("tissue is found where it lies, none on glass") {
  sdmae::image8 picture(100, 200);
  for (sdmae::index i = 0; i < 20000; ++i)
    for (sdmae::index c = 0; c < 3; ++c)
      picture.pixels[static_cast<std::size_t>(i * 3 + c)] = static_cast<std::uint8_t>(240 + (i * 7 + c * 3) % 5);
  CHECK(sdmae::find_tissue(picture).count() == 0);
  const sdmae::image8 tissue = sdmae::synthetic_tissue(3, 1, 50, 50).load(0).image;
  for (sdmae::index y = 0; y < 50; ++y) std::copy_n(tissue.row(y), 150, picture.row(y + 25) + 300);
  const sdmae::tissue_mask mask = sdmae::find_tissue(picture);
  CHECK(mask.share(0.25, 0.5, 0.75, 0.75) > 0.35);
  CHECK(mask.share(0, 0, 1, 0.5) == 0);
  CHECK(mask.share(0, 0, 0.25, 1) == 0);
}

}  // namespace
