// The loader: order, determinism whatever the threads, resuming, broken and odd images, errors, bounded memory.
#include "sdmae/data/loader.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "catch.hpp"
#include "sdmae/data/synthetic.hpp"
#include "unit/io/test_files.hpp"

namespace {

// Sample i is an 8 × 8 picture of the value i; some are broken or odd.
struct numbered_pictures {
  sdmae::index count = 0;
  std::set<sdmae::index> broken = {};
  std::set<sdmae::index> grey = {}, deep = {}, small = {};
  sdmae::index fatal = -1;
  std::chrono::microseconds delay{0};
  mutable std::atomic<sdmae::index> loaded{0};

  sdmae::index size() const { return count; }
  std::string name(sdmae::index i) const { return "picture" + std::to_string(i); }
  sdmae::decoded_image load(sdmae::index i) const {
    ++loaded;
    // Not in the order of the samples.
    if (delay.count() > 0) std::this_thread::sleep_for(delay * (i * 7 % 5));
    if (broken.count(i)) throw sdmae::error(name(i), "broken", "mend it");
    if (i == fatal) throw std::runtime_error("no memory for " + name(i));
    const sdmae::index side = small.count(i) ? 5 : 8;
    sdmae::decoded_image result{sdmae::image8(side, side), sdmae::conversion::none};
    std::fill(result.image.pixels.begin(), result.image.pixels.end(), static_cast<std::uint8_t>(i));
    if (grey.count(i)) result.converted |= sdmae::conversion::grey;
    if (deep.count(i)) result.converted |= sdmae::conversion::sixteen_bit;
    return result;
  }
};

sdmae::loader_settings settings_for(sdmae::index batch) {
  sdmae::loader_settings settings;
  settings.height = settings.width = 8;
  settings.batch = batch;
  settings.seed = 5;
  settings.augment.part = sdmae::cropping::whole;
  return settings;
}

// One value per image of the running batch.
template <class Loader>
std::vector<int> pulled(Loader& images, sdmae::index count) {
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(count * 8 * 8 * 3));
  images.next(count, pixels.data());
  std::vector<int> values;
  for (sdmae::index i = 0; i < count; ++i) values.push_back(pixels[static_cast<std::size_t>(i * 8 * 8 * 3 + 77)]);
  return values;
}

}  // namespace

TEST_CASE("an epoch's order is a permutation that seed and epoch decide") {
  CHECK(sdmae::epoch_order(7, 0, 10) == std::vector<sdmae::index>{4, 5, 1, 6, 3, 8, 9, 0, 7, 2});
  CHECK(sdmae::epoch_order(7, 1, 10) == std::vector<sdmae::index>{9, 1, 7, 4, 2, 8, 5, 3, 6, 0});
  CHECK(sdmae::epoch_order(8, 0, 10) != sdmae::epoch_order(7, 0, 10));
}

TEST_CASE("batches follow the epochs' orders and drop the remainder") {
  const numbered_pictures pictures{11};
  sdmae::loader images(pictures, settings_for(3));
  CHECK(images.steps_per_epoch() == 3);
  for (sdmae::index step = 0; step < 10; ++step, images.advance()) {
    CHECK(images.step() == step);
    CHECK(images.epoch() == step / 3);
    const std::vector<sdmae::index> order = sdmae::epoch_order(5, step / 3, 11);
    const std::vector<sdmae::index> expected(order.begin() + step % 3 * 3, order.begin() + step % 3 * 3 + 3);
    const std::vector<sdmae::index> samples(images.samples().begin(), images.samples().end());
    CHECK(samples == expected);
    CHECK(pulled(images, 3) == std::vector<int>(expected.begin(), expected.end()));
  }
}

TEST_CASE("without shuffling every epoch has the data set's order") {
  const numbered_pictures pictures{5};
  sdmae::loader_settings settings = settings_for(2);
  settings.shuffle = false;
  sdmae::loader images(pictures, settings);
  for (const std::vector<int>& expected : std::vector<std::vector<int>>{{0, 1}, {2, 3}, {0, 1}, {2, 3}}) {
    CHECK(pulled(images, 2) == expected);
    images.advance();
  }
}

TEST_CASE("a batch comes in slices of any size, and cannot be overdrawn") {
  const numbered_pictures pictures{20};
  sdmae::loader whole(pictures, settings_for(10)), sliced(pictures, settings_for(10));
  for (int step = 0; step < 3; ++step) {
    std::vector<int> slices;
    for (sdmae::index count : {1, 0, 4, 2, 3}) {
      const std::vector<int> part = pulled(sliced, count);
      slices.insert(slices.end(), part.begin(), part.end());
    }
    CHECK(sliced.remaining() == 0);
    CHECK(slices == pulled(whole, 10));
    CHECK_THROWS_AS(pulled(sliced, 1), sdmae::error);
    whole.advance();
    sliced.advance();
  }
  pulled(sliced, 4);
  sliced.advance();  // skips six
  whole.advance();
  CHECK(pulled(sliced, 10) == pulled(whole, 10));
}

TEST_CASE("threads and images held ahead change nothing, broken images and notices included") {
  numbered_pictures pictures{250, {17, 100}};
  pictures.grey = {3, 4, 90};
  pictures.deep = {60};
  pictures.small = {70, 71};
  pictures.delay = std::chrono::microseconds(20);
  const auto run = [&](sdmae::index threads, sdmae::index ahead) {
    std::vector<std::string> told;
    sdmae::loader_settings settings = settings_for(32);
    settings.augment.part = sdmae::cropping::random;
    settings.threads = threads;
    settings.ahead = ahead;
    settings.notice = [&](const std::string& line) { told.push_back(line); };
    std::vector<int> values;
    sdmae::loader images(pictures, settings);
    for (int step = 0; step < 20; ++step, images.advance())
      for (const int value : pulled(images, 32)) values.push_back(value);
    CHECK(images.broken() == 2);
    return std::pair(values, told);
  };
  const auto expected = run(1, 1);
  CHECK(expected.second.size() == 5);
  CHECK(run(1, 64) == expected);
  CHECK(run(2, 7) == expected);
  CHECK(run(4, 300) == expected);
}

TEST_CASE("real tiles, augmented in every way, are the same for any number of threads") {
  const sdmae::synthetic_tissue tiles(3, 40, 48, 48);
  sdmae::augmentation everything;
  everything.turn = {0.5, 0.5, 0.75};
  everything.stain.strength = 0.05;
  everything.color = {0.4, 0.4, 0.4, 0.1};
  everything.blur.probability = everything.erase.probability = 0.5;
  for (const sdmae::augmentation& how : {sdmae::augmentation{}, everything}) {
    const auto run = [&](sdmae::index threads) {
      sdmae::loader_settings settings;
      settings.height = settings.width = 32;
      settings.batch = 8;
      settings.threads = threads;
      settings.augment = how;
      sdmae::loader images(tiles, settings);
      std::vector<std::uint8_t> pixels(12 * 8 * 32 * 32 * 3);
      for (std::uint8_t* out = pixels.data(); out < pixels.data() + pixels.size(); out += 8 * 32 * 32 * 3) {
        images.next(8, out);
        images.advance();
      }
      return pixels;
    };
    const std::vector<std::uint8_t> pixels = run(1);
    CHECK(pixels == run(3));
    sdmae::image8 first(32, 32);
    const sdmae::index sample = sdmae::epoch_order(0, 0, 40)[0];
    sdmae::augment(tiles.load(sample).image, how, 0, 0, sample, 32, 32, first.pixels.data());
    CHECK(std::equal(first.pixels.begin(), first.pixels.end(), pixels.begin()));
  }
}

TEST_CASE("a loader started later continues where another would be") {
  const numbered_pictures pictures{23};
  sdmae::loader straight(pictures, settings_for(4));
  for (int step = 0; step < 7; ++step) straight.advance();
  sdmae::loader_settings settings = settings_for(4);
  settings.first_step = 7;
  sdmae::loader resumed(pictures, settings);
  for (int step = 0; step < 8; ++step) {
    CHECK(resumed.step() == straight.step());
    CHECK(resumed.epoch() == straight.epoch());
    CHECK(std::equal(resumed.samples().begin(), resumed.samples().end(), straight.samples().begin()));
    CHECK(pulled(resumed, 4) == pulled(straight, 4));
    resumed.advance();
    straight.advance();
  }
}

TEST_CASE("a broken image is replaced by the next readable one, named once and counted") {
  numbered_pictures pictures{200, {41, 199}};
  std::vector<std::string> told;
  sdmae::loader_settings settings = settings_for(100);
  settings.shuffle = false;
  settings.notice = [&](const std::string& line) { told.push_back(line); };
  sdmae::loader images(pictures, settings);
  for (int epoch = 0; epoch < 2; ++epoch) {
    const std::vector<int> first = pulled(images, 100);
    CHECK(first[40] == 40);
    CHECK(first[41] == 42);
    CHECK(images.samples()[41] == 41);
    images.advance();
    CHECK(pulled(images, 100)[99] == 0);
    images.advance();
  }
  CHECK(images.broken() == 2);
  REQUIRE(told.size() == 2);
  CHECK_THAT(told[0], says("picture41: broken") && says("the next readable image takes its place"));
  CHECK_THAT(told[1], says("picture199: broken"));
}

TEST_CASE("the replacement of a broken image gets the crop of the sample that it stands for") {
  struct tiles_with_one_broken {
    sdmae::synthetic_tissue tiles{3, 120, 24, 24};
    sdmae::index size() const { return tiles.size(); }
    std::string name(sdmae::index i) const { return tiles.name(i); }
    sdmae::decoded_image load(sdmae::index i) const {
      if (i == 4) throw sdmae::error(name(i), "broken", "mend it");
      return tiles.load(i);
    }
  } tiles;
  sdmae::loader_settings settings = settings_for(10);
  settings.augment.part = sdmae::cropping::random;
  settings.shuffle = false;
  sdmae::loader images(tiles, settings);
  std::vector<std::uint8_t> pixels(10 * 8 * 8 * 3);
  images.next(10, pixels.data());
  sdmae::image8 expected(8, 8);
  sdmae::augment(tiles.load(5).image, settings.augment, settings.seed, 0, 4, 8, 8, expected.pixels.data());
  CHECK(std::equal(expected.pixels.begin(), expected.pixels.end(), pixels.begin() + 4 * 8 * 8 * 3));
}

TEST_CASE("images that know how their slide is stained are normalised by it, where that is asked for") {
  struct stained_tissue {
    sdmae::synthetic_tissue tiles{3, 4, 24, 24};
    sdmae::index size() const { return tiles.size(); }
    std::string name(sdmae::index i) const { return tiles.name(i); }
    sdmae::decoded_image load(sdmae::index i) const {
      sdmae::decoded_image tile = tiles.load(i);
      tile.stain_of_slide = {{sdmae::stain_statistics{{0.5, 0.4, 0.6}, {0.2, 0.1, 0.3}}}};
      return tile;
    }
  } const data;
  sdmae::loader_settings settings = settings_for(4);
  settings.height = settings.width = 24;
  settings.shuffle = false;
  using enum sdmae::stain_normalisation;
  for (const auto how : {none, by_tile, by_slide}) {
    settings.augment.normalise_stain = how;
    sdmae::loader images(data, settings);
    for (sdmae::index i = 0; i < 4; ++i) {
      sdmae::image8 image(24, 24), expected = data.load(i).image;
      if (how == by_tile) sdmae::normalise_stain(expected);
      if (how == by_slide) sdmae::match_stain(expected, *data.load(i).stain_of_slide->measured);
      images.next(1, image.pixels.data());
      CHECK(image == expected);
    }
  }
}

TEST_CASE("stain is not normalised by slides that are not known") {
  const sdmae::synthetic_tissue data(3, 4, 8, 8);
  sdmae::loader_settings settings = settings_for(4);
  settings.augment.normalise_stain = sdmae::stain_normalisation::by_slide;
  sdmae::loader images(data, settings);
  std::vector<std::uint8_t> pixels(8 * 8 * 3);
  CHECK_THROWS_WITH(images.next(1, pixels.data()), Catch::Contains("slide_stained"));
}

TEST_CASE("neighbours that are broken are stepped over together") {
  const numbered_pictures pictures{200, {10, 11}};
  sdmae::loader_settings settings = settings_for(20);
  settings.shuffle = false;
  sdmae::loader images(pictures, settings);
  const std::vector<int> values = pulled(images, 20);
  CHECK(values[10] == 12);
  CHECK(values[11] == 12);
  CHECK(images.broken() == 2);
}

TEST_CASE("more than one broken image in a hundred is an error that stays") {
  const numbered_pictures pictures{200, {50, 51, 7}};
  sdmae::loader_settings settings = settings_for(100);
  settings.shuffle = false;
  settings.threads = 3;
  sdmae::loader images(pictures, settings);
  CHECK(pulled(images, 50)[7] == 8);
  for (int again = 0; again < 2; ++again)
    CHECK_THAT(error_line([&] { pulled(images, 50); }),
               says("picture7: the first of 3 broken images, more than 1 % of 200"));
}

TEST_CASE("a data set that is all broken is an error, soon") {
  numbered_pictures pictures{1000};
  for (sdmae::index i = 0; i < 1000; ++i) pictures.broken.insert(i);
  sdmae::loader images(pictures, settings_for(10));
  CHECK_THAT(error_line([&] { pulled(images, 10); }), says("broken images, more than 1 % of 1000"));
  numbered_pictures single{1, {0}};
  sdmae::loader one(single, settings_for(1));
  CHECK_THAT(error_line([&] { pulled(one, 1); }), says("picture0: the first of 1 broken images"));
}

TEST_CASE("conversions and small images are said once for each kind") {
  numbered_pictures pictures{10};
  pictures.grey = {1, 2, 3};
  pictures.deep = {2};
  pictures.small = {4, 5};
  std::vector<std::string> told;
  sdmae::loader_settings settings = settings_for(10);
  settings.shuffle = false;
  settings.notice = [&](const std::string& line) { told.push_back(line); };
  sdmae::loader images(pictures, settings);
  for (int epoch = 0; epoch < 3; ++epoch, images.advance()) pulled(images, 10);
  REQUIRE(told.size() == 3);
  CHECK_THAT(told[0], says("picture1: grey image"));
  CHECK_THAT(told[1], says("picture2: 16-bit image"));
  CHECK_THAT(told[2], says("picture4: only 5 x 5 pixels, enlarged to 8 x 8"));
}

TEST_CASE("what a worker cannot survive reaches the puller, at its image") {
  numbered_pictures pictures{30};
  pictures.fatal = 12;
  sdmae::loader_settings settings = settings_for(30);
  settings.shuffle = false;
  settings.threads = 2;
  sdmae::loader images(pictures, settings);
  CHECK(pulled(images, 12)[11] == 11);
  for (int again = 0; again < 2; ++again) CHECK(error_line([&] { pulled(images, 1); }) == "no memory for picture12");
}

TEST_CASE("no more than `ahead` images are decoded before they are asked for") {
  const numbered_pictures pictures{100};
  sdmae::loader_settings settings = settings_for(50);
  settings.ahead = 6;
  settings.threads = 3;
  sdmae::loader images(pictures, settings);
  pulled(images, 10);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (pictures.loaded < 16 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds(30));
  CHECK(pictures.loaded == 16);
}

TEST_CASE("a loader stops at once, pulled from or not") {
  numbered_pictures pictures{100};
  pictures.delay = std::chrono::microseconds(50);
  for (int i = 0; i < 50; ++i) {
    sdmae::loader_settings settings = settings_for(10);
    settings.threads = 4;
    sdmae::loader images(pictures, settings);
    if (i % 2) pulled(images, i % 10);
  }
  SUCCEED();
}

TEST_CASE("settings that cannot work are refused") {
  const numbered_pictures pictures{3};
  const auto line = [&](auto change) {
    sdmae::loader_settings settings = settings_for(2);
    change(settings);
    return error_line([&] { sdmae::loader images(pictures, settings); });
  };
  CHECK(line([](auto&) {}).empty());
  CHECK_THAT(line([](auto& s) { s.batch = 4; }), says("a batch of 4 needs as many images, there are 3"));
  CHECK_THAT(line([](auto& s) { s.batch = 0; }), says("the batch is empty"));
  CHECK_THAT(line([](auto& s) { s.height = 0; }), says("no size"));
  CHECK_THAT(line([](auto& s) { s.threads = 0; }), says("no threads"));
  CHECK_THAT(line([](auto& s) { s.ahead = 0; }), says("nothing held ahead"));
  CHECK_THAT(line([](auto& s) { s.first_step = -1; }), says("first step"));
  CHECK_THAT(line([](auto& s) {
               s.augment.part = sdmae::cropping::random;
               s.augment.crop.min_scale = 2;
             }),
             says("the scale"));
  CHECK_THAT(line([](auto& s) { s.augment.blur.probability = 2; }), says("blur: the probability"));
}
