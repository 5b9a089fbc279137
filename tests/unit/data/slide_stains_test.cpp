// Stain of slides: of their tiles' pixels together.
#include "sdmae/data/slide_stains.hpp"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "sdmae/data/stain_normalise.hpp"
#include "sdmae/data/synthetic.hpp"

namespace {

using sdmae::index;

const sdmae::synthetic_tissue& tissue() {
  static const sdmae::synthetic_tissue tiles(5, 6, 48, 64);
  return tiles;
}

sdmae::image8 joined(const std::vector<index>& tiles) {
  sdmae::image8 all(48 * static_cast<index>(tiles.size()), 64);
  auto to = all.pixels.begin();
  for (const index i : tiles) {
    const sdmae::image8 one = tissue().load(i).image;
    to = std::copy(one.pixels.begin(), one.pixels.end(), to);
  }
  return all;
}

}  // namespace

TEST_CASE("a slide's stain is that of its tiles side by side, whichever thread added which") {
  sdmae::slide_stains stains({1, 0, 1, 1, 0, 2});
  CHECK(std::vector<index>(stains.measured().begin(), stains.measured().end()) == std::vector<index>{1, 4, 0, 2, 3, 5});
  {
    std::jthread backwards([&] {
      for (index i = 5; i >= 3; --i) stains.add(i, tissue().load(i).image);
    });
    for (index i = 0; i < 3; ++i) stains.add(i, tissue().load(i).image);
  }
  const std::vector<std::vector<index>> tiles_of = {{1, 4}, {0, 2, 3}, {5}};
  for (const auto& tiles : tiles_of)
    for (const index i : tiles) {
      REQUIRE(stains.of(i).has_value());
      CHECK(stains.of(i) == sdmae::measure_stain(joined(tiles)));
    }
  CHECK(stains.of(0) != stains.of(1));
}

TEST_CASE("of a slide with many tiles 256 are measured, evenly apart, and each one of others") {
  std::vector<index> slides(1000, 1);
  slides[10] = 0;
  const sdmae::slide_stains stains(slides);
  const auto measured = stains.measured();
  REQUIRE(measured.size() == 257);
  CHECK(measured[0] == 10);
  CHECK(measured[1] == 0);
  CHECK(measured[256] == 996);  // of 999 the 255 · 999 / 256th, which is 995, past the one that is not its
  for (std::size_t k = 2; k < measured.size(); ++k) {
    const index apart = measured[k] - measured[k - 1];
    CHECK((apart >= 3 && apart <= 5));
  }
  CHECK(sdmae::slide_stains({}).measured().empty());
}

TEST_CASE("what says too little of its stain has none, and what was measured is told of its slide alone") {
  sdmae::slide_stains stains({0, 0, 1});
  sdmae::image8 glass(20, 20);
  std::fill(glass.pixels.begin(), glass.pixels.end(), std::uint8_t{244});
  stains.add(2, glass);
  CHECK_FALSE(stains.of(2).has_value());
  CHECK_FALSE(stains.of(0).has_value());  // nothing was added yet
  stains.add(0, tissue().load(0).image);
  CHECK(stains.of(1) == sdmae::measure_stain(tissue().load(0).image));
  CHECK_FALSE(stains.of(2).has_value());
}

TEST_CASE("normalised by slide, tiles keep how they differ; without a slide's stain each goes by itself") {
  const auto of_slide = sdmae::measure_stain(joined({0, 1, 2}));
  REQUIRE(of_slide.has_value());
  const sdmae::image8 tile = tissue().load(1).image;
  sdmae::image8 expected = tile;
  sdmae::match_stain(expected, *of_slide);
  const auto normalised = [&](sdmae::stain_normalisation how, const std::optional<sdmae::stain_statistics>& known) {
    return sdmae::with_normalised_stain(tile, how, known);
  };
  using how = sdmae::stain_normalisation;
  CHECK(normalised(how::by_slide, of_slide) == expected);
  CHECK(normalised(how::by_tile, of_slide) == sdmae::with_normalised_stain(tile));
  CHECK(normalised(how::by_slide, std::nullopt) == sdmae::with_normalised_stain(tile));
  CHECK(normalised(how::none, of_slide) == tile);
  CHECK(expected != sdmae::with_normalised_stain(tile));
  CHECK(expected != tile);
}
