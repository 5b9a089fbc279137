// A slide with colors on its tiles: where they lie, what stays, what is refused.
#include "sdmae/io/tile_overlay.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "catch.hpp"
#include "unit/io/picture_file.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

using rgb = std::array<int, 3>;

tile_overlay over(const std::vector<std::uint8_t>& pixels, int height, int width) {
  tile_overlay map;
  map.picture = {pixels.data(), height, width};
  map.tiles.push_back({8, 4, 16, {10, 200, 30}, 1});
  return map;
}

}  // namespace

TEST_CASE("tile overlay: the picture as it is, and in grey under its tiles' colors") {
  const temporary_folder here;
  const std::vector<std::uint8_t> red = [] {
    std::vector<std::uint8_t> pixels;
    for (int i = 0; i < 100 * 120; ++i) pixels.insert(pixels.end(), {200, 100, 50});
    return pixels;
  }();
  write_tile_overlay(over(red, 100, 120), here / "map.png");
  const read_picture drawn = read_png(here / "map.png");
  const int light = (77 * 200 + 150 * 100 + 29 * 50) >> 8, pale = 255 - (255 - light) / 2;
  const int top = 20, left = 20, right = 2 * 20 + 120;
  CHECK(drawn.at(top, left) == rgb{200, 100, 50});
  CHECK(drawn.at(top + 99, left + 119) == rgb{200, 100, 50});
  CHECK(drawn.at(top, right) == rgb{pale, pale, pale});
  CHECK(drawn.at(top + 4, right + 8) == rgb{10, 200, 30});
  CHECK(drawn.at(top + 19, right + 23) == rgb{10, 200, 30});
  CHECK(drawn.at(top + 20, right + 23) == rgb{pale, pale, pale});
  CHECK(drawn.at(top + 4, right + 7) == rgb{pale, pale, pale});
}

TEST_CASE("tile overlay: a wide picture stands above its map, tiles end at its edge, legends have their colors") {
  const temporary_folder here;
  const std::vector<std::uint8_t> white(50 * 200 * 3, 255);
  tile_overlay map = over(white, 50, 200);
  map.tiles.push_back({190, 40, 60, {1, 2, 3}, 1});
  map.tiles.push_back({100, 10, 10, {0, 0, 0}, 0.5});
  map.legend = {{"tumor: 1", {200, 0, 0}}, {"stroma: 2", {0, 0, 200}}};
  map.caption = "What it shows.";
  write_tile_overlay(map, here / "map.png");
  const read_picture drawn = read_png(here / "map.png");
  CHECK(drawn.width == 420);
  const int top = 20 + 50 + 20;  // of the map
  CHECK(drawn.at(top + 4, 20 + 8) == rgb{10, 200, 30});
  CHECK(drawn.at(top + 49, 20 + 199) == rgb{1, 2, 3});
  CHECK(drawn.at(top + 49, 20 + 200) == rgb{255, 255, 255});
  CHECK(drawn.at(top + 50, 20 + 199) == rgb{255, 255, 255});
  CHECK(std::abs(drawn.at(top + 15, 20 + 105)[0] - 128) <= 1);
  int reds = 0, blues = 0;
  for (int y = top + 50; y < drawn.height; ++y)
    for (int x = 0; x < drawn.width; ++x) {
      reds += drawn.at(y, x) == rgb{200, 0, 0};
      blues += drawn.at(y, x) == rgb{0, 0, 200};
    }
  CHECK(reds >= 150);
  CHECK(blues >= 150);
}

TEST_CASE("tile overlay: no picture is an error, and leaves no file") {
  const temporary_folder here;
  CHECK_THAT(error_line([&] { write_tile_overlay({}, here / "map.png"); }), says("an overlay of no picture"));
  CHECK(here.names().empty());
}
