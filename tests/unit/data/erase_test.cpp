// Erased parts against torchvision's RandomErasing.get_params, fed with the same random numbers.
#include "sdmae/data/erase.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

using sdmae::pixel_box;

namespace {

sdmae::random_sequence numbers(std::uint64_t seed, int epoch, int sample) {
  return {seed, sdmae::stream::erase, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(sample)};
}

}  // namespace

TEST_CASE("erased parts are torchvision's") {
  struct drawn {
    sdmae::index height, width;
    std::uint64_t seed;
    int epoch, sample;
    double least, most;
    pixel_box expected;
  };
  for (const drawn& one : {drawn{96, 96, 7, 0, 0, 0.02, 1.0 / 3, {45, 77, 32, 15}},
                           drawn{96, 96, 7, 0, 1, 0.02, 1.0 / 3, {26, 37, 50, 32}},
                           drawn{96, 96, 7, 3, 1, 0.02, 1.0 / 3, {17, 53, 12, 33}},
                           drawn{64, 224, 5, 1, 1000, 0.02, 1.0 / 3, {16, 0, 44, 99}},
                           drawn{2, 2, 1, 0, 0, 0.9, 1, {0, 0, 0, 0}}}) {  // nothing fits
    sdmae::random_sequence random = numbers(one.seed, one.epoch, one.sample);
    CHECK(sdmae::draw_erased({.min_area = one.least, .max_area = one.most}, one.height, one.width, random) ==
          one.expected);
  }
}

TEST_CASE("parts keep to the area, the ratio and the image, and cover their range") {
  double least = 1, most = 0, flattest = 9, tallest = 0;
  for (int sample = 0; sample < 3000; ++sample) {
    sdmae::random_sequence random = numbers(3, 0, sample);
    const pixel_box box = sdmae::draw_erased({}, 224, 224, random);
    REQUIRE((box.top >= 0 && box.left >= 0 && box.top + box.height <= 224 && box.left + box.width <= 224));
    const double share = static_cast<double>(box.height * box.width) / (224 * 224);
    const double ratio = static_cast<double>(box.height) / static_cast<double>(box.width);
    least = std::min(least, share);
    most = std::max(most, share);
    flattest = std::min(flattest, ratio);
    tallest = std::max(tallest, ratio);
  }
  CHECK(least == Approx(0.02).margin(0.002));
  CHECK(most == Approx(1.0 / 3).margin(0.01));
  CHECK(flattest == Approx(0.3).margin(0.02));
  CHECK(tallest == Approx(10.0 / 3).margin(0.2));
}

TEST_CASE("the part is filled and nothing else") {
  sdmae::image8 image(3, 4);
  sdmae::random_sequence random = numbers(9, 0, 0);
  sdmae::erase({1, 1, 1, 2}, sdmae::erase_fill::mean, random, 4, image.pixels.data());
  std::vector<std::uint8_t> expected(36);
  const std::uint8_t mean[]{124, 116, 104, 124, 116, 104};
  std::copy_n(mean, 6, expected.begin() + 15);
  CHECK(image.pixels == expected);
  const std::uint8_t noise[]{100, 195, 200, 183, 81, 44};  // by Philox in Python
  sdmae::erase({1, 1, 1, 2}, sdmae::erase_fill::noise, random, 4, image.pixels.data());
  std::copy_n(noise, 6, expected.begin() + 15);
  CHECK(image.pixels == expected);
}

TEST_CASE("noise has ImageNet's mean and deviation once normalised") {
  sdmae::image8 image(100, 100);
  sdmae::random_sequence random = numbers(4, 0, 0);
  sdmae::erase({0, 0, 100, 100}, sdmae::erase_fill::noise, random, 100, image.pixels.data());
  const double mean[]{0.485, 0.456, 0.406}, deviation[]{0.229, 0.224, 0.225};
  for (std::size_t c = 0; c < 3; ++c) {
    double sum = 0, squares = 0;
    for (std::size_t i = c; i < image.pixels.size(); i += 3) {
      sum += image.pixels[i] / 255.0;
      squares += image.pixels[i] / 255.0 * (image.pixels[i] / 255.0);
    }
    CHECK(sum / 1e4 == Approx(mean[c]).margin(0.015));  // bytes end at 0 and 255
    CHECK(std::sqrt(squares / 1e4 - sum / 1e4 * (sum / 1e4)) == Approx(deviation[c]).margin(0.015));
  }
}

TEST_CASE("an image is erased as often as asked") {
  int erased = 0;
  for (int sample = 0; sample < 4000; ++sample) {
    sdmae::image8 image(16, 16);
    sdmae::erase_sometimes({.probability = 0.25, .fill = sdmae::erase_fill::mean}, numbers(1, 0, sample), 16, 16,
                           image.pixels.data());
    erased += std::count(image.pixels.begin(), image.pixels.end(), 0) < 16 * 16 * 3;
  }
  CHECK(erased == Approx(1000).margin(110));  // four standard deviations
}

TEST_CASE("erasing that cannot be is refused") {
  const auto line = [](const sdmae::erase_settings& settings) {
    return error_line([&] { sdmae::check_erase(settings, "--erase"); });
  };
  CHECK(line({.probability = 1}).empty());
  CHECK_THAT(line({.probability = -1}), says("--erase: the probability"));
  CHECK_THAT(line({.min_area = 0}), says("the area"));
  CHECK_THAT(line({.min_area = 0.5, .max_area = 0.4}), says("the area"));
  CHECK_THAT(line({.max_area = 1.5}), says("the area"));
  CHECK_THAT(line({.min_ratio = 0}), says("the aspect ratio"));
}
