// Stain normalisation against NumPy in double, and what it is for: tiles that differ by their stain come out alike.
#include "sdmae/data/stain_normalise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "catch.hpp"
#include "sdmae/data/synthetic.hpp"
#include "unit/data/test_images.hpp"

namespace {

sdmae::image8 tissue() { return sdmae::synthetic_tissue(3, 4, 96, 96).load(1).image; }

// Beside black, what is bright and grey is none.
bool is_tissue(const std::uint8_t* rgb) {
  const double largest = *std::max_element(rgb, rgb + 3), smallest = *std::min_element(rgb, rgb + 3);
  return largest > 0 && (largest < 0.8 * 255 || largest - smallest > 0.08 * largest);
}

/// Of the pixels that are tissue in `before`.
sdmae::stain_statistics statistics(const sdmae::image8& before, const sdmae::image8& image) {
  sdmae::stain_statistics found;
  for (std::size_t c = 0; c < 3; ++c) {
    double count = 0, sum = 0, squares = 0;
    for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
      if (!is_tissue(before.pixels.data() + i)) continue;
      const double density = -std::log(std::max<int>(image.pixels[i + c], 1) / 255.0);
      ++count;
      sum += density;
      squares += density * density;
    }
    found.mean[c] = sum / count;
    found.deviation[c] = std::sqrt(squares / count - found.mean[c] * found.mean[c]);
  }
  return found;
}

}  // namespace

TEST_CASE("stain is normalised as in NumPy") {
  sdmae::image8 image(3, 3);
  image.pixels = {100, 50,  140, 200, 120, 180, 250, 249, 251, 80,  40,  130, 0,  0,
                  0,   220, 180, 210, 226, 218, 222, 236, 208, 228, 203, 195, 199};
  CHECK(sdmae::with_normalised_stain(image).pixels ==
        std::vector<std::uint8_t>{136, 96,  143, 205, 143, 182, 250, 249, 251, 119, 87,  133, 0,  0,
                                  0,   217, 172, 211, 226, 218, 222, 226, 183, 229, 207, 178, 201});
}

TEST_CASE("tissue of normalised stain has the target's mean and spread, and glass stays as it is") {
  sdmae::image8 image = tissue();
  for (sdmae::index y = 0; y < 20; ++y) std::fill_n(image.row(y), image.width * 3, std::uint8_t{244});
  const sdmae::stain_statistics target{{0.4, 0.7, 0.4}, {0.1, 0.12, 0.08}};  // so low that nothing is cut off at white
  sdmae::image8 normal = image;
  sdmae::normalise_stain(normal, target);
  const sdmae::stain_statistics found = statistics(image, normal);
  for (std::size_t c = 0; c < 3; ++c) {
    CHECK(found.mean[c] == Approx(target.mean[c]).margin(0.004));  // bytes are 0.004 to 0.01 apart
    CHECK(found.deviation[c] == Approx(target.deviation[c]).margin(0.004));
  }
  sdmae::index glass = 0;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3)
    if (!is_tissue(image.pixels.data() + i)) {
      ++glass;
      CHECK(std::equal(image.pixels.begin() + std::ptrdiff_t(i), image.pixels.begin() + std::ptrdiff_t(i) + 3,
                       normal.pixels.begin() + std::ptrdiff_t(i)));
    }
  CHECK(glass >= 20 * 96);
}

TEST_CASE("a tile stained half as strongly again comes out the same") {
  const sdmae::image8 weak = tissue();
  sdmae::image8 strong = weak;
  const std::array<double, 3> more{1.5, 1.3, 1.4};
  for (std::size_t i = 0; i < strong.pixels.size(); ++i)
    strong.pixels[i] = static_cast<std::uint8_t>(255 * std::pow(weak.pixels[i] / 255.0, more[i % 3]) + 0.5);
  const auto difference = [](const sdmae::image8& one, const sdmae::image8& other) {
    double sum = 0;
    for (std::size_t i = 0; i < one.pixels.size(); ++i) sum += std::abs(int{one.pixels[i]} - int{other.pixels[i]});
    return sum / static_cast<double>(one.pixels.size());
  };
  CHECK(difference(weak, strong) > 20);
  CHECK(difference(sdmae::with_normalised_stain(weak), sdmae::with_normalised_stain(strong)) < 2);
}

TEST_CASE("a tile of glass alone, or nearly so, keeps its colors") {
  sdmae::image8 glass(20, 20);
  std::fill(glass.pixels.begin(), glass.pixels.end(), std::uint8_t{243});
  CHECK(sdmae::with_normalised_stain(glass) == glass);
  for (int i = 0; i < 9; ++i) glass.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(90 + i);
  CHECK(sdmae::with_normalised_stain(glass) == glass);  // 3 of 400 pixels
  for (int i = 9; i < 15; ++i) glass.pixels[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(120 + i);
  CHECK(sdmae::with_normalised_stain(glass) != glass);  // 5 of them
  CHECK(sdmae::with_normalised_stain(sdmae::image8{}) == sdmae::image8{});
}

TEST_CASE("noise on glass too dark to be taken for glass is not made into a picture") {
  sdmae::image8 glass(40, 40);
  for (std::size_t i = 0; i < glass.pixels.size(); ++i) glass.pixels[i] = static_cast<std::uint8_t>(188 + i * 7 % 5);
  CHECK_FALSE(sdmae::measure_stain(glass));
  CHECK(sdmae::with_normalised_stain(glass) == glass);
}

TEST_CASE("neither black padding nor grey glass counts as tissue, and both stay") {
  const sdmae::image8 image = tissue();
  const auto before = sdmae::measure_stain(image);
  REQUIRE(before);
  for (const std::array<std::uint8_t, 3> color : {std::array<std::uint8_t, 3>{0, 0, 0}, {226, 218, 222}}) {
    sdmae::image8 wider(image.height + 10, image.width);
    const auto added = std::copy(image.pixels.begin(), image.pixels.end(), wider.pixels.begin());
    for (auto at = added; at != wider.pixels.end(); at += 3) std::copy(color.begin(), color.end(), at);
    const auto after = sdmae::measure_stain(wider);
    REQUIRE(after);
    CHECK(after->mean == before->mean);
    CHECK(after->deviation == before->deviation);
    CHECK(std::equal(added, wider.pixels.end(),
                     sdmae::with_normalised_stain(wider).pixels.begin() + (added - wider.pixels.begin())));
  }
}
