// Stain changes against NumPy in double, with numpy.linalg.inv for the way back.
#include "sdmae/data/stain_jitter.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/data/synthetic.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

namespace {

sdmae::image8 changed(const sdmae::stain_change& change, sdmae::image8 image) {
  sdmae::change_stain(change, image.height * image.width, image.pixels.data());
  return image;
}

}  // namespace

TEST_CASE("stains change as in NumPy") {
  using bytes = std::vector<std::uint8_t>;
  const sdmae::image8 image = pattern(2, 4);
  CHECK(changed({{1.2, 0.9, 1.05}, {0.02, -0.05, 0.1}}, image).pixels ==
        bytes{0, 9, 57, 70, 106, 165, 181, 203, 27, 9, 31, 88, 23, 51, 110, 164, 173, 6, 12, 35, 92, 118, 160, 217});
  CHECK(changed({{0.8, 1.2, 1}, {0, 0, 0}}, image).pixels == bytes{4,   255, 205, 115, 203, 220, 171, 255,
                                                                   32,  31,  182, 166, 57,  173, 176, 137,
                                                                   255, 7,   37,  177, 167, 163, 239, 255});
  CHECK(changed({{1, 1, 1}, {0, 0.3, -0.2}}, image).pixels == bytes{1,   44, 120, 94,  120, 223, 188, 196,
                                                                    36,  18, 58,  139, 38,  75,  162, 162,
                                                                    175, 8,  22,  62,  144, 146, 162, 255});
}

TEST_CASE("unchanged stains leave a picture as it is") {
  sdmae::image8 image = pattern(40, 40);
  for (std::uint8_t& value : image.pixels) value = std::max<std::uint8_t>(value, 1);  // 0 becomes 1
  CHECK(changed({}, image) == image);
}

TEST_CASE("more haematoxylin darkens nuclei more than it darkens glass") {
  const sdmae::image8 nucleus = changed({{1.3, 1, 1}, {}}, [] {
    sdmae::image8 one(1, 2);
    one.pixels = {110, 80, 150, 245, 245, 245};
    return one;
  }());
  CHECK(nucleus.pixels[0] < 92);
  CHECK(nucleus.pixels[3] > 238);
}

// By Philox in Python.
TEST_CASE("every stain has a factor and a shift of its own, in range") {
  const sdmae::stain_change drawn =
      sdmae::draw_stain_change({0.2}, sdmae::random_sequence(9, sdmae::stream::stain, 2, 4));
  const double factor[]{0.9840016456687786, 1.1121535864346284, 1.030017360395528};
  const double shift[]{0.10354231792287849, -0.11158824706148814, -0.1728434242049955};
  for (std::size_t stain = 0; stain < 3; ++stain) {
    CHECK(drawn.factor[stain] == Approx(factor[stain]).epsilon(1e-12));
    CHECK(drawn.shift[stain] == Approx(shift[stain]).epsilon(1e-12));
  }
}

TEST_CASE("stain jitter that cannot be is refused") {
  const auto line = [](double strength) { return error_line([&] { sdmae::check_stain({strength}, "--stain"); }); };
  CHECK(line(0.05).empty());
  for (const double bad : {-0.1, 1.1, std::nan("")}) CHECK_THAT(line(bad), says("--stain: the strength"));
}
