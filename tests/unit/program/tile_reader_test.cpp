// What a model is shown of tiles, with a model whose features are the mean colors of what it sees.
#include "support/tile_reader.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"

namespace {

constexpr sdmae::image_shape shape{.height = 16, .width = 16, .patch = 8};

class mean_colors final : public sdmae::training {
 public:
  sdmae::index passed = 0;

  sdmae::index feature_width() const override { return 3; }
  double features(sdmae::byte_batch& images, sdmae::index, float* out) override {
    std::vector<std::uint8_t> image(static_cast<std::size_t>(shape.values()));
    for (sdmae::index i = 0; i < images.size(); ++i, ++passed) {
      images.next(1, image.data());
      for (sdmae::index c = 0; c < 3; ++c) *out++ = mean(image, c);
    }
    return 0;
  }
  static float mean(const std::vector<std::uint8_t>& image, sdmae::index channel) {
    double sum = 0;
    for (std::size_t i = static_cast<std::size_t>(channel); i < image.size(); i += 3) sum += image[i];
    return static_cast<float>(sum / (16 * 16));
  }

  std::string policies() const override { return ""; }
  sdmae::image_shape image() const override { return shape; }
  sdmae::index parameter_count() const override { return 0; }
  double work(sdmae::index) override { return 0; }
  sdmae::memory_plan plan(sdmae::index, sdmae::index) override { return {}; }
  sdmae::index steps_done() const override { return 0; }
  void set_steps_done(sdmae::index) override {}
  std::vector<sdmae::named_tensor> parameters() override { return {}; }
  std::vector<sdmae::named_tensor> training_state() override { return {}; }
  std::size_t feature_memory(sdmae::index) override { return 0; }
};

constexpr sdmae::stain_statistics stain_of_slide{{0.5, 0.4, 0.6}, {0.2, 0.1, 0.3}};

class patterns final : public program::tile_source {
 public:
  sdmae::index size() const override { return 137; }
  std::string name(sdmae::index i) const override { return std::to_string(i); }
  sdmae::decoded_image load(sdmae::index i) const override {
    return {.image = pattern(32 + i, 40), .stain_of_slide = {{stain_of_slide}}};
  }
  std::uint64_t fingerprint() const override { return 0; }
};

/// Of all samples from `first` on.
std::vector<float> features(const program::reading_settings& how, sdmae::index first = 0) {
  program::tile_reader reader(shape, 2, how);
  mean_colors model;
  std::vector<float> all;
  const patterns tiles;
  reader.features(model, tiles, first, 4, [&](const float* rows, const std::uint64_t* hashes, sdmae::index count) {
    for (sdmae::index i = 0; i < count; ++i)
      CHECK(hashes[i] == sdmae::content_hash(tiles.load(first + static_cast<sdmae::index>(all.size()) / 3 + i).image));
    all.insert(all.end(), rows, rows + count * 3);
  });
  CHECK(model.passed == (tiles.size() - first) * how.boxes());
  return all;
}

}  // namespace

TEST_CASE("a model is shown the middle of every tile") {
  const std::vector<float> found = features({});
  REQUIRE(found.size() == 137 * 3);
  for (sdmae::index i = 0; i < 137; ++i) {
    const sdmae::image8 image = patterns().load(i).image;
    const sdmae::image8 seen = sdmae::resized(image, sdmae::center_box(image.height, image.width, 16, 16), 16, 16);
    for (sdmae::index c = 0; c < 3; ++c)
      CHECK(found[static_cast<std::size_t>(i * 3 + c)] == mean_colors::mean(seen.pixels, c));
  }
}

TEST_CASE("features of crops are averaged, and of the stain asked for") {
  using enum sdmae::stain_normalisation;
  for (const auto stain : {none, by_tile, by_slide}) {
    const std::vector<float> found =
        features({.filter = sdmae::interpolation::bicubic, .normalise_stain = stain, .crops = 3});
    REQUIRE(found.size() == 137 * 3);
    for (sdmae::index i = 0; i < 137; ++i) {
      sdmae::image8 image = patterns().load(i).image;
      if (stain == by_tile) sdmae::normalise_stain(image);
      if (stain == by_slide) sdmae::match_stain(image, stain_of_slide);
      for (sdmae::index c = 0; c < 3; ++c) {
        double sum = 0;
        for (const sdmae::pixel_box& box : sdmae::test_boxes(image.height, image.width, 16, 16, 3))
          sum += static_cast<double>(
              mean_colors::mean(sdmae::resized(image, box, 16, 16, sdmae::interpolation::bicubic).pixels, c));
        CHECK(found[static_cast<std::size_t>(i * 3 + c)] == Approx(sum / 10).epsilon(1e-6));
      }
    }
  }
}

TEST_CASE("tiles are gone on with from any sample") {
  const std::vector<float> all = features({.crops = 2});
  CHECK(features({.crops = 2}, 5) == std::vector<float>(all.begin() + 5 * 3, all.end()));
}

TEST_CASE("images are decoded 128 at a time, fewer where their crops take much memory") {
  CHECK(program::decoded_together(5 * 224 * 224 * 3) == 128);
  CHECK(program::decoded_together(sdmae::index{1} << 20) == 128);
  CHECK(program::decoded_together(sdmae::index{3} << 20) == 42);
  CHECK(program::decoded_together(257 * 224 * 224 * 3) == 3);
  CHECK(program::decoded_together(sdmae::index{1} << 30) == 1);
}
