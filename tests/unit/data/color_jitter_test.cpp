// Brightness, contrast, saturation and hue against torchvision 0.29 on Pillow 13, bit for bit.
#include "sdmae/data/color_jitter.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

namespace {

using change = void (*)(double, sdmae::index, std::uint8_t*);

sdmae::image8 changed(change how, double by, sdmae::image8 image) {
  how(by, image.height * image.width, image.pixels.data());
  return image;
}

// Every fifth level of red, green and blue.
sdmae::image8 color_cube() {
  sdmae::image8 cube(52 * 52, 52);
  std::uint8_t* out = cube.pixels.data();
  for (int red = 0; red < 256; red += 5)
    for (int green = 0; green < 256; green += 5)
      for (int blue = 0; blue < 256; blue += 5)
        for (const int value : {red, green, blue}) *out++ = static_cast<std::uint8_t>(value);
  return cube;
}

}  // namespace

TEST_CASE("a small picture gets Pillow's colors") {
  using bytes = std::vector<std::uint8_t>;
  const auto pixels = [](change how, double by) { return changed(how, by, pattern(2, 4)).pixels; };
  CHECK(pixels(sdmae::change_brightness, 0.37) ==
        bytes{0, 19, 39, 33, 53, 72, 67, 86, 11, 6, 25, 45, 13, 33, 52, 58, 77, 2, 7, 27, 46, 52, 71, 91});
  CHECK(pixels(sdmae::change_brightness, 1.8) == bytes{0,  95,  190, 163, 255, 255, 255, 255, 57,  30,  126, 221,
                                                       66, 162, 255, 255, 255, 12,  37,  133, 228, 253, 255, 255});
  CHECK(pixels(sdmae::change_contrast, 0.37) == bytes{73, 93,  112, 107, 126, 146, 141, 160, 85,  80,  99,  119,
                                                      87, 107, 126, 131, 151, 76,  81,  101, 120, 125, 145, 165});
  CHECK(pixels(sdmae::change_contrast, 1.8) ==
        bytes{0, 1, 97, 70, 165, 255, 234, 255, 0, 0, 32, 127, 0, 68, 163, 189, 255, 0, 0, 39, 135, 160, 255, 255});
  CHECK(pixels(sdmae::change_saturation, 0.37) == bytes{27, 46, 66,  118, 137, 157, 190, 210, 135, 44,  63,  83,
                                                        64, 83, 103, 165, 185, 110, 48,  67,  87,  168, 187, 207});
  CHECK(pixels(sdmae::change_saturation, 1.8) ==
        bytes{0, 61, 156, 56, 152, 247, 170, 255, 0, 0, 78, 173, 2, 98, 193, 145, 241, 0, 0, 82, 177, 106, 202, 255});
  CHECK(pixels(sdmae::change_hue, 0.31) == bytes{106, 0,  70,  197, 91,  161, 32,  214, 235, 123, 17,  87,
                                                 143, 37, 107, 7,   189, 210, 127, 21,  91,  247, 141, 211});
  CHECK(pixels(sdmae::change_hue, -0.12) == bytes{0,  106, 82,  91,  197, 173, 235, 142, 32,  17,  123, 99,
                                                  37, 143, 119, 210, 117, 7,   21,  127, 103, 141, 247, 223});
}

TEST_CASE("140,000 colors become Pillow's") {
  struct changes {
    change how;
    double by;
    std::uint64_t expected;
  };
  for (const changes& one :
       {changes{sdmae::change_brightness, 0.37, 0x134622c33bcc8f77},
        changes{sdmae::change_brightness, 1.7, 0x99d1f679efe7251f},
        changes{sdmae::change_contrast, 0.37, 0x7d54eeff219194f7},
        changes{sdmae::change_contrast, 1.7, 0xc11b4eba1d4d6f1f},
        changes{sdmae::change_saturation, 0.37, 0x3bbc3847155bc8c1},
        changes{sdmae::change_saturation, 1.7, 0x24b71c975619f844},
        changes{sdmae::change_hue, 0.31, 0xa5cdcfe558459a52}, changes{sdmae::change_hue, -0.5, 0x9d1e7b02f3727ecb}})
    CHECK(pixel_sum(changed(one.how, one.by, color_cube())) == one.expected);
  CHECK(changed(sdmae::change_contrast, 1, color_cube()) == color_cube());
}

// By Philox in Python and torchvision: saturation before contrast, and hue last.
TEST_CASE("the four come in a drawn order, by drawn factors") {
  sdmae::image8 image = pattern(6, 5);
  const sdmae::random_sequence numbers(9, sdmae::stream::color, 2, 4);
  sdmae::jitter_color({0.4, 0.4, 0.4, 0.5}, numbers, 30, image.pixels.data());
  CHECK(pixel_sum(image) == 0x9a9efffd09030ecd);
}

TEST_CASE("what is 0 is left alone, and changes no factor of another's") {
  const auto jittered = [](const sdmae::color_jitter& settings, sdmae::index sample) {
    sdmae::image8 image = pattern(6, 5);
    sdmae::jitter_color(settings,
                        sdmae::random_sequence(1, sdmae::stream::color, 0, static_cast<std::uint64_t>(sample)), 30,
                        image.pixels.data());
    return image;
  };
  CHECK(jittered({}, 3) == pattern(6, 5));
  double least = 9, most = 0;
  for (sdmae::index sample = 0; sample < 500; ++sample) {
    sdmae::random_sequence numbers(1, sdmae::stream::color, 0, static_cast<std::uint64_t>(sample));
    const double brightness = numbers.uniform(0.6, 1.4);
    least = std::min(least, brightness);
    most = std::max(most, brightness);
    REQUIRE(jittered({.brightness = 0.4}, sample) == changed(sdmae::change_brightness, brightness, pattern(6, 5)));
    numbers.uniform();
    const double saturation = numbers.uniform(0, 3);  // not below 0
    REQUIRE(jittered({.saturation = 2}, sample) == changed(sdmae::change_saturation, saturation, pattern(6, 5)));
  }
  CHECK(least == Approx(0.6).margin(0.02));
  CHECK(most == Approx(1.4).margin(0.02));
}

TEST_CASE("color jitter that cannot be is refused") {
  const auto line = [](const sdmae::color_jitter& settings) {
    return error_line([&] { sdmae::check_color(settings, "--color"); });
  };
  CHECK(line({0.8, 0.8, 0.8, 0.5}).empty());
  CHECK_THAT(line({-0.1, 0, 0, 0}), says("--color: brightness"));
  CHECK_THAT(line({0, 11, 0, 0}), says("contrast"));
  CHECK_THAT(line({0, 0, std::nan(""), 0}), says("saturation"));
  CHECK_THAT(line({0, 0, 0, 0.6}), says("the hue must be"));
}
