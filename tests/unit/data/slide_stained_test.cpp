// Images that know the stain of their slide: of its images' pixels together.
#include "sdmae/data/slide_stained.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "sdmae/data/loader.hpp"
#include "sdmae/data/stain_normalise.hpp"
#include "sdmae/data/synthetic.hpp"

namespace {

using sdmae::index;

// Tissue, again and again, some of it broken or glass; notes what was loaded.
struct tiles {
  index count = 6;
  std::set<index> broken = {}, glass = {};
  mutable std::vector<index> loaded = {};

  index size() const { return count; }
  std::string name(index i) const { return std::to_string(i); }
  sdmae::decoded_image load(index i) const {
    loaded.push_back(i);
    if (broken.count(i)) throw sdmae::error(name(i), "broken", "mend it");
    if (!glass.count(i)) return tissue(i);
    sdmae::decoded_image found{sdmae::image8(20, 20)};
    std::fill(found.image.pixels.begin(), found.image.pixels.end(), std::uint8_t{244});
    return found;
  }
  static sdmae::decoded_image tissue(index i) {
    static const sdmae::synthetic_tissue all(5, 6, 48, 64);
    return all.load(i % 6);
  }
};

sdmae::measured_stain together(const std::vector<index>& some) {
  sdmae::image8 all(48 * static_cast<index>(some.size()), 64);
  auto to = all.pixels.begin();
  for (const index i : some) {
    const sdmae::image8 one = tiles::tissue(i).image;
    to = std::copy(one.pixels.begin(), one.pixels.end(), to);
  }
  return sdmae::measure_stain(all);
}

}  // namespace

TEST_CASE("a slide's stain is that of its images side by side, and they stay as they are") {
  const tiles from;
  const sdmae::slide_stained stained(from, {1, 0, 1, 1, 0, 2});
  CHECK(stained.size() == 6);
  CHECK(stained.name(3) == "3");
  const std::vector<std::vector<index>> slides = {{1, 4}, {0, 2, 3}, {5}};
  for (const auto& slide : slides)
    for (const index i : slide) {
      const sdmae::decoded_image found = stained.load(i);
      CHECK(found.image == tiles::tissue(i).image);
      REQUIRE(found.stain_of_slide.has_value());
      CHECK(found.stain_of_slide->measured.has_value());
      CHECK(found.stain_of_slide->measured == together(slide));
    }
  CHECK(together(slides[0]) != together(slides[1]));
}

TEST_CASE("a slide is measured once, when it is first needed, by every image of it or by 256, evenly apart") {
  const tiles from{.count = 1000};
  std::vector<index> slides(1000, 1);
  slides[10] = 0;
  const sdmae::slide_stained stained(from, slides);
  CHECK(from.loaded.empty());
  static_cast<void>(stained.load(10));
  CHECK(from.loaded == std::vector<index>{10, 10});
  from.loaded.clear();
  static_cast<void>(stained.load(999));
  REQUIRE(from.loaded.size() == 257);
  CHECK(from.loaded[0] == 999);
  CHECK(from.loaded[1] == 0);
  CHECK(from.loaded[256] == 996);  // of 999 the 255 · 999/256th, which is 995, past the one that is not its
  for (std::size_t k = 2; k < 257; ++k) {
    const index apart = from.loaded[k] - from.loaded[k - 1];
    CHECK((apart >= 3 && apart <= 5));
  }
  static_cast<void>(stained.load(500));
  CHECK(from.loaded.size() == 258);
}

TEST_CASE("slides can be measured before their images are loaded") {
  const tiles from;
  const sdmae::slide_stained stained(from, {1, 0, 1, 1, 0, 2});
  REQUIRE(stained.slides() == 3);
  stained.measure(1);
  stained.measure(1);
  CHECK(from.loaded == std::vector<index>{0, 2, 3});
  CHECK(stained.load(3).stain_of_slide == sdmae::slide_stain{together({0, 2, 3})});
  CHECK(from.loaded == std::vector<index>{0, 2, 3, 3});
}

TEST_CASE("a loader gives images the stain of their slides, whatever its threads") {
  const sdmae::synthetic_tissue from(5, 12, 48, 64);
  std::vector<index> slides;
  for (index i = 0; i < 12; ++i) slides.push_back(i % 3);
  const sdmae::slide_stained stained(from, slides);
  sdmae::loader_settings how;
  how.height = 48, how.width = 64;
  how.batch = 12, how.threads = 3, how.shuffle = false;
  how.augment.part = sdmae::cropping::whole;
  how.augment.normalise_stain = sdmae::stain_normalisation::by_slide;
  sdmae::loader images(stained, how);
  for (index i = 0; i < 12; ++i) {
    sdmae::stain_counts counts;
    for (index k = i % 3; k < 12; k += 3) counts.add(from.load(k).image);
    sdmae::image8 expected = from.load(i).image, image(48, 64);
    sdmae::match_stain(expected, counts.statistics().value());
    images.next(1, image.pixels.data());
    CHECK(image == expected);
  }
}

TEST_CASE("what cannot be read counts nothing, and glass says nothing of its slide") {
  const tiles from{.broken = {2}, .glass = {5}};
  const sdmae::slide_stained stained(from, {0, 1, 1, 0, 1, 2});
  CHECK(stained.load(1).stain_of_slide == sdmae::slide_stain{together({1, 4})});
  CHECK_THROWS_AS(stained.load(2), sdmae::error);
  const sdmae::decoded_image glass = stained.load(5);
  REQUIRE(glass.stain_of_slide.has_value());
  CHECK_FALSE(glass.stain_of_slide->measured.has_value());
  CHECK_THROWS_WITH(sdmae::slide_stained(from, {}), Catch::Contains("0 slides of 6 images"));
  CHECK_THROWS_AS(sdmae::slide_stained(from, {0, 0, 0, -1, 0, 0}), sdmae::error);
}

TEST_CASE("whichever thread comes first, a slide's stain is the same") {
  const sdmae::synthetic_tissue from(5, 24, 48, 64);
  std::vector<index> slides;
  for (index i = 0; i < 24; ++i) slides.push_back(i % 3);
  const sdmae::slide_stained alone(from, slides), shared(from, slides);
  for (index slide = 0; slide < 3; ++slide) alone.measure(slide);
  std::atomic<index> different = 0;
  {
    std::vector<std::jthread> threads;
    for (index thread = 0; thread < 4; ++thread)
      threads.emplace_back([&, thread] {
        for (index i = 0; i < 24; ++i) {
          const index at = (i * 5 + thread * 7) % 24;
          different += shared.load(at).stain_of_slide != alone.load(at).stain_of_slide;
        }
      });
  }
  CHECK(different == 0);
}

TEST_CASE("normalised by slide, images go by it, and where it says too little by themselves") {
  const sdmae::slide_stain stain_of_slide{together({0, 1, 2})};
  REQUIRE(stain_of_slide.measured.has_value());
  const sdmae::image8 tile = tiles::tissue(1).image;
  sdmae::image8 expected = tile;
  sdmae::match_stain(expected, *stain_of_slide.measured);
  using how = sdmae::stain_normalisation;
  CHECK(sdmae::with_normalised_stain(tile, how::by_slide, stain_of_slide) == expected);
  CHECK(sdmae::with_normalised_stain(tile, how::by_tile, stain_of_slide) == sdmae::with_normalised_stain(tile));
  CHECK(sdmae::with_normalised_stain(tile, how::by_slide, sdmae::slide_stain{}) == sdmae::with_normalised_stain(tile));
  CHECK(sdmae::with_normalised_stain(tile, how::none, stain_of_slide) == tile);
  CHECK(expected != sdmae::with_normalised_stain(tile));
  CHECK(expected != tile);
  CHECK_THROWS_WITH(sdmae::with_normalised_stain(tile, how::by_slide),
                    Catch::Contains("how the slide of an image is stained is not known"));
}
