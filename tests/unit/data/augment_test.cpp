// Crops against torchvision's RandomResizedCrop.get_params, fed with the same random numbers.
#include "sdmae/data/augment.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

using sdmae::pixel_box;

namespace {

void print_on_failure(const pixel_box& box) {
  INFO(box.top << " " << box.left << " " << box.height << " " << box.width);
}

}  // namespace

TEST_CASE("random boxes are torchvision's") {
  struct drawn {
    sdmae::index height, width;
    std::uint64_t seed;
    sdmae::index epoch, sample;
    double min_scale;
    pixel_box expected;
  };
  for (const drawn& one :
       {drawn{256, 256, 7, 0, 0, 0.08, {10, 29, 220, 205}}, drawn{256, 256, 7, 0, 1, 0.08, {37, 55, 126, 142}},
        drawn{256, 256, 7, 3, 1, 0.08, {2, 30, 240, 202}},
        drawn{96, 130, 123456789012345, 2, 1000, 0.08, {20, 61, 57, 49}},
        drawn{224, 224, 1, 0, 5, 0.2, {51, 10, 170, 183}},
        drawn{31, 200, 5, 1, 2, 0.9, {0, 79, 31, 41}},    // too wide: the middle at ratio 4/3
        drawn{400, 60, 5, 1, 2, 0.95, {160, 0, 80, 60}},  // too tall: the middle at ratio 3/4
        drawn{1, 1, 0, 0, 0, 0.08, {0, 0, 1, 1}}}) {
    sdmae::crop_settings crop;
    crop.min_scale = one.min_scale;
    const pixel_box box = sdmae::random_box(one.height, one.width, crop, one.seed, one.epoch, one.sample);
    print_on_failure(box);
    CHECK(box == one.expected);
  }
}

TEST_CASE("random boxes keep to the scale, the ratio and the picture, and cover their range") {
  const sdmae::crop_settings crop;
  double smallest = 1, largest = 0, narrowest = 9, widest = 0;
  sdmae::index lowest_top = 999, highest_bottom = 0;
  for (sdmae::index sample = 0; sample < 3000; ++sample) {
    const pixel_box box = sdmae::random_box(200, 240, crop, 3, 0, sample);
    REQUIRE((box.top >= 0 && box.left >= 0 && box.top + box.height <= 200 && box.left + box.width <= 240));
    const double share = static_cast<double>(box.height * box.width) / (200 * 240);
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    smallest = std::min(smallest, share);
    largest = std::max(largest, share);
    narrowest = std::min(narrowest, ratio);
    widest = std::max(widest, ratio);
    lowest_top = std::min(lowest_top, box.top);
    highest_bottom = std::max(highest_bottom, box.top + box.height);
  }
  CHECK(smallest == Approx(0.08).margin(0.01));
  CHECK(largest > 0.93);
  CHECK(narrowest == Approx(0.75).margin(0.02));
  CHECK(widest == Approx(4.0 / 3).margin(0.03));
  CHECK(lowest_top == 0);
  CHECK(highest_bottom == 200);
}

TEST_CASE("thin pictures still give a box of at least a pixel") {
  for (const auto& [height, width] :
       std::vector<std::pair<sdmae::index, sdmae::index>>{{1, 500}, {500, 1}, {2, 3}, {1, 2}})
    for (sdmae::index sample = 0; sample < 50; ++sample) {
      const pixel_box box = sdmae::random_box(height, width, {}, 1, 0, sample);
      CHECK((box.height >= 1 && box.width >= 1 && box.top >= 0 && box.left >= 0));
      CHECK((box.top + box.height <= height && box.left + box.width <= width));
    }
}

TEST_CASE("the middle has the output's aspect ratio") {
  CHECK(sdmae::center_box(256, 256, 96, 96) == pixel_box{0, 0, 256, 256});
  CHECK(sdmae::center_box(100, 300, 50, 50) == pixel_box{0, 100, 100, 100});
  CHECK(sdmae::center_box(300, 100, 96, 192) == pixel_box{125, 0, 50, 100});
  CHECK(sdmae::center_box(1, 1000, 96, 1) == pixel_box{0, 499, 1, 1});
}

TEST_CASE("multi-crop testing shows the middle, and parts of it edge to edge") {
  using boxes = std::vector<pixel_box>;
  CHECK(sdmae::test_boxes(256, 256, 96, 96, 1) == boxes{{0, 0, 256, 256}});
  CHECK(sdmae::test_boxes(100, 300, 50, 50, 2) ==
        boxes{{0, 100, 100, 100}, {0, 100, 50, 50}, {0, 150, 50, 50}, {50, 100, 50, 50}, {50, 150, 50, 50}});
  const boxes nine = sdmae::test_boxes(101, 101, 32, 32, 3);
  REQUIRE(nine.size() == 10);
  CHECK(nine[1] == pixel_box{0, 0, 34, 34});
  CHECK(nine[5] == pixel_box{33, 33, 34, 34});
  CHECK(nine[9] == pixel_box{67, 67, 34, 34});
  CHECK(sdmae::test_boxes(1, 1, 8, 8, 3) == boxes(10, {0, 0, 1, 1}));
}

TEST_CASE("augment resizes the part asked for") {
  const sdmae::image8 image = pattern(40, 60);
  const auto result = [&](sdmae::cropping part, sdmae::index epoch) {
    sdmae::image8 out(16, 16);
    sdmae::augment(image, sdmae::augmentation{.part = part}, 9, epoch, 4, 16, 16, out.pixels.data());
    return out;
  };
  CHECK(result(sdmae::cropping::whole, 0) == sdmae::resized(image, 16, 16));
  CHECK(result(sdmae::cropping::center, 0) == sdmae::resized(image, {0, 10, 40, 40}, 16, 16));
  CHECK(result(sdmae::cropping::random, 2) == sdmae::resized(image, sdmae::random_box(40, 60, {}, 9, 2, 4), 16, 16));
  CHECK(result(sdmae::cropping::random, 2) != result(sdmae::cropping::random, 3));
}

namespace {

// Everything on, each part so that it shows.
sdmae::augmentation everything() {
  sdmae::augmentation how;
  how.normalise_stain = sdmae::stain_normalisation::by_tile;
  how.filter = sdmae::interpolation::bicubic;
  how.turn = {0.5, 0.5, 0.75};
  how.stain.strength = 0.2;
  how.color = {0.4, 0.4, 0.4, 0.1};
  how.blur = {1, 0.5, 2};
  how.erase.probability = 1;
  return how;
}

sdmae::image8 augmented(const sdmae::augmentation& how, sdmae::index sample, sdmae::index height, sdmae::index width) {
  sdmae::image8 out(height, width);
  sdmae::augment(pattern(40, 60), how, 9, 1, sample, height, width, out.pixels.data());
  return out;
}

}  // namespace

TEST_CASE("all parts of an augmentation follow one another, each with random numbers of its own") {
  const sdmae::augmentation how = everything();
  bool upright = false, sideways = false;
  for (std::uint64_t sample = 0; sample < 20; ++sample) {
    const auto number = static_cast<sdmae::index>(sample);
    const auto numbers = [&](sdmae::stream purpose) { return sdmae::random_sequence(9, purpose, 1, sample); };
    const sdmae::orientation turned = sdmae::draw_orientation(how.turn, 9, 1, number);
    (turned.sideways() ? sideways : upright) = true;
    const sdmae::pixel_box box = sdmae::random_box(40, 60, how.crop, 9, 1, number);
    const sdmae::image8 normal = sdmae::with_normalised_stain(pattern(40, 60));
    const sdmae::image8 cut = turned.sideways() ? sdmae::resized(normal, box, 12, 16, how.filter)
                                                : sdmae::resized(normal, box, 16, 12, how.filter);
    sdmae::image8 expected(16, 12);
    std::uint8_t* pixels = expected.pixels.data();
    sdmae::orient(cut, turned, pixels);
    sdmae::jitter_stain(how.stain, numbers(sdmae::stream::stain), 16 * 12, pixels);
    sdmae::jitter_color(how.color, numbers(sdmae::stream::color), 16 * 12, pixels);
    sdmae::blur_sometimes(how.blur, numbers(sdmae::stream::blur), 16, 12, pixels);
    sdmae::erase_sometimes(how.erase, numbers(sdmae::stream::erase), 16, 12, pixels);
    CHECK(augmented(how, number, 16, 12) == expected);
  }
  CHECK((upright && sideways));
}

TEST_CASE("each part of an augmentation alone changes images, and none does at its default") {
  const sdmae::augmentation all = everything(), none;
  const auto with = [&](auto sdmae::augmentation::*part) {
    sdmae::augmentation how;
    how.*part = all.*part;
    return how;
  };
  const sdmae::image8 plain = augmented(none, 5, 16, 16);
  CHECK(plain == sdmae::resized(pattern(40, 60), sdmae::random_box(40, 60, {}, 9, 1, 5), 16, 16));
  CHECK(augmented(with(&sdmae::augmentation::filter), 5, 16, 16) != plain);
  CHECK(augmented(with(&sdmae::augmentation::normalise_stain), 5, 16, 16) ==
        sdmae::resized(sdmae::with_normalised_stain(pattern(40, 60)), sdmae::random_box(40, 60, {}, 9, 1, 5), 16, 16));
  CHECK(augmented(with(&sdmae::augmentation::normalise_stain), 5, 16, 16) != plain);
  CHECK(augmented(with(&sdmae::augmentation::turn), 5, 16, 16) != plain);
  CHECK(augmented(with(&sdmae::augmentation::stain), 5, 16, 16) != plain);
  CHECK(augmented(with(&sdmae::augmentation::color), 5, 16, 16) != plain);
  CHECK(augmented(with(&sdmae::augmentation::blur), 5, 16, 16) != plain);
  CHECK(augmented(with(&sdmae::augmentation::erase), 5, 16, 16) != plain);
}

TEST_CASE("every part of an augmentation is checked") {
  const auto line = [](auto change) {
    sdmae::augmentation how;
    change(how);
    return error_line([&] { sdmae::check_augmentation(how); });
  };
  CHECK(line([](auto&) {}).empty());
  CHECK_THAT(line([](auto& how) { how.crop.min_scale = 2; }), says("random crop"));
  CHECK_THAT(line([](auto& how) { how.turn.flip = 2; }), says("flips and turns"));
  CHECK_THAT(line([](auto& how) { how.stain.strength = 2; }), says("stain jitter"));
  CHECK_THAT(line([](auto& how) { how.color.hue = 2; }), says("color jitter"));
  CHECK_THAT(line([](auto& how) { how.blur.probability = 2; }), says("blur"));
  CHECK_THAT(line([](auto& how) { how.erase.probability = 2; }), says("erasing"));
}

TEST_CASE("crop settings out of range are refused") {
  const auto line = [](double a, double b, double c, double d) {
    return error_line([&] { sdmae::check_crop({a, b, c, d}, "--crop"); });
  };
  CHECK(line(0.08, 1, 0.75, 1.25).empty());
  CHECK_THAT(line(0, 1, 0.75, 1.25), says("--crop: the scale"));
  CHECK_THAT(line(0.5, 0.4, 0.75, 1.25), says("the scale"));
  CHECK_THAT(line(0.5, 1.1, 0.75, 1.25), says("the scale"));
  CHECK_THAT(line(0.5, 1, 0, 1.25), says("the aspect ratio"));
  CHECK_THAT(line(0.5, 1, 1.5, 1.25), says("the aspect ratio"));
  CHECK_THAT(line(std::nan(""), 1, 1, 1), says("the scale"));
}
