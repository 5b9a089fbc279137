// The images of a data set, one after the other, as a trained model sees them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/data/labels.hpp"
#include "sdmae/train/training.hpp"
#include "tile_pass.hpp"
#include "tile_source.hpp"

namespace program {

/// Images in memory, read from the start in every pass.
class decoded_batch final : public sdmae::byte_batch {
 public:
  decoded_batch(const std::uint8_t* pixels, sdmae::index count, sdmae::index values)
      : pixels_(pixels), count_(count), values_(values) {}
  sdmae::index size() const override { return count_; }
  sdmae::index epoch() const override { return 0; }
  sdmae::index sample(sdmae::index i) const override { return i; }
  void next(sdmae::index count, std::uint8_t* out) override {
    std::copy_n(pixels_ + used_ * values_, count * values_, out);
    used_ += count;
  }

 private:
  const std::uint8_t* pixels_;
  sdmae::index count_, values_, used_ = 0;
};

/// Whole images, of normalised stain where that is asked for, cut to the model's aspect ratio around their middle and
/// resized to its size. All threads decode, then all compute. A sample that cannot be read is an sdmae::error.
class tile_reader {
 public:
  tile_reader(sdmae::image_shape image, int threads, sdmae::interpolation filter, bool normalise_stain)
      : image_(image), pass_(threads) {
    how_.normalise_stain = normalise_stain;
    how_.part = sdmae::cropping::center;
    how_.filter = filter;
  }

  static constexpr sdmae::index batch = tile_pass::batch;  // of images that are decoded before they are computed with

  /// Images that pass together when nobody says.
  sdmae::index usual_slice() const { return sdmae::default_slice(static_cast<double>(image_.patches())); }

  /// take(features [count, width], hashes [count], count) for every batch of samples first, first + 1, …, of which
  /// `slice` pass through the model together; see sdmae::training::features and sdmae::content_hash.
  template <class Take>
  void features(sdmae::training& model, const tile_source& tiles, sdmae::index first, sdmae::index slice, Take take) {
    const sdmae::index values = image_.values();
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(batch * values));
    std::vector<float> features(static_cast<std::size_t>(batch * model.feature_width()));
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(batch));
    const auto see = [&](sdmae::index i) {
      const sdmae::image8 image = tiles.load(i).image;
      const sdmae::index place = (i - first) % batch;
      hashes[static_cast<std::size_t>(place)] = sdmae::content_hash(image);
      sdmae::augment(image, how_, 0, 0, i, image_.height, image_.width, pixels.data() + place * values);
    };
    pass_.run(first, tiles.size(), see, [&](sdmae::index, sdmae::index count) {
      decoded_batch images(pixels.data(), count, values);
      model.features(images, slice, features.data());
      take(features.data(), hashes.data(), count);
    });
  }

  /// Of all samples; see sdmae::content_hash.
  std::vector<std::uint64_t> hashes(const tile_source& tiles) {
    std::vector<std::uint64_t> all(static_cast<std::size_t>(tiles.size()));
    pass_.run(tiles.size(),
              [&](sdmae::index i) { all[static_cast<std::size_t>(i)] = sdmae::content_hash(tiles.load(i).image); });
    return all;
  }

 private:
  sdmae::image_shape image_;
  tile_pass pass_;
  sdmae::augmentation how_;
};

}  // namespace program
