#include "sdmae/io/contact_sheet.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "unit/io/picture_file.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

// An image whose every pixel has a color of its own.
std::vector<std::uint8_t> gradient(int height, int width, int blue) {
  std::vector<std::uint8_t> rgb;
  for (int r = 0; r < height; ++r)
    for (int c = 0; c < width; ++c)
      for (const int value : {10 * r + 3, 10 * c + 5, blue}) rgb.push_back(static_cast<std::uint8_t>(value));
  return rgb;
}

}  // namespace

TEST_CASE("contact sheet: every pixel becomes a sharp square at its place") {
  const temporary_folder here;
  const auto left = gradient(4, 6, 77), right = gradient(4, 6, 99);
  contact_sheet sheet;
  sheet.title = "A title";
  sheet.columns = {"original", "a caption too long for its column"};
  sheet.rows = {"tile 3"};
  sheet.images = {{left.data(), 4, 6}, {right.data(), 4, 6}};
  sheet.caption = "What is to be seen.";
  sheet.upscale = 8;
  write_contact_sheet(sheet, here / "sheet.png");

  const read_picture seen = read_png(here / "sheet.png");
  const auto corner = [&](int blue) {
    for (int r = 0; r < seen.height; ++r)
      for (int c = 0; c < seen.width; ++c)
        if (seen.at(r, c) == std::array<int, 3>{3, 5, blue}) return std::pair{r, c};
    return std::pair{-1, -1};
  };
  const auto [row, column] = corner(77);
  REQUIRE(row > 40);  // below the title and the captions
  for (int r = 0; r < 4 * 8; ++r)
    for (int c = 0; c < 6 * 8; ++c)
      REQUIRE(seen.at(row + r, column + c) == std::array<int, 3>{10 * (r / 8) + 3, 10 * (c / 8) + 5, 77});
  CHECK(corner(99).first == row);
  CHECK(corner(99).second > column + 6 * 8);
  CHECK(seen.height > row + 4 * 8 + 19);  // the caption below
}

TEST_CASE("contact sheet: a place without an image stays white") {
  const temporary_folder here;
  contact_sheet sheet;
  sheet.columns = {""};
  sheet.rows = {""};
  sheet.images = {{nullptr, 5, 5}};
  write_contact_sheet(sheet, here / "sheet.png");
  const read_picture seen = read_png(here / "sheet.png");
  for (int r = 0; r < seen.height; ++r)
    for (int c = 0; c < seen.width; ++c) REQUIRE(seen.at(r, c) == std::array<int, 3>{255, 255, 255});
}

TEST_CASE("contact sheet: what does not fit together is refused") {
  const temporary_folder here;
  const auto rgb = gradient(2, 2, 1);
  contact_sheet sheet;
  sheet.columns = {"a", "b"};
  sheet.rows = {"1"};
  sheet.images = {{rgb.data(), 2, 2}};
  const auto refusal = [&] { return error_line([&] { write_contact_sheet(sheet, here / "sheet.png"); }); };
  CHECK_THAT(refusal(), says("1 images for 1 rows of 2"));
  sheet.images.push_back({rgb.data(), 0, 2});
  CHECK_THAT(refusal(), says("no pixels"));
  sheet.images.back().height = 2;
  sheet.upscale = 0;
  CHECK_THAT(refusal(), says("upscale"));
  sheet.upscale = 20000;
  CHECK_THAT(refusal(), says("larger than 30000 pixels; show fewer"));
  sheet.upscale = 1;
  CHECK(refusal().empty());
  sheet.rows.clear();
  CHECK_THAT(refusal(), says("without rows or columns"));
}

TEST_CASE("contact sheet: lines are broken between words") {
  detail::text_ruler ruler;
  const detail::text_style style{.size = 12};
  const double limit = ruler.width("two words", style) + 1;
  CHECK(ruler.lines("two words each line", style, limit) == std::vector<std::string>{"two words", "each line"});
  CHECK(ruler.lines("one\ntwo", style, limit) == std::vector<std::string>{"one", "two"});
  CHECK(ruler.lines("", style, limit).empty());
  CHECK(ruler.lines("unbreakablewordthatistoolong", style, limit).size() == 1);
}
