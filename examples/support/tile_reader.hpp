// The images of a data set, one after the other, as a trained model sees them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <vector>

#include "progress.hpp"
#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/data/labels.hpp"
#include "sdmae/train/training.hpp"
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

/// Whole images, cut to the model's aspect ratio around their middle and resized to its size. All threads decode, then
/// all compute. A sample that cannot be read is an sdmae::error.
class tile_reader {
 public:
  tile_reader(sdmae::image_shape image, int threads, sdmae::interpolation filter) : image_(image), team_(threads) {
    how_.part = sdmae::cropping::center;
    how_.filter = filter;
  }

  static constexpr sdmae::index batch = 128;  // of images that are decoded before they are computed with

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
    each_batch(tiles, first, [&](sdmae::index done, sdmae::index count) {
      decode(tiles, done, count, [&](sdmae::index i, const sdmae::image8& image) {
        hashes[static_cast<std::size_t>(i)] = sdmae::content_hash(image);
        sdmae::augment(image, how_, 0, 0, done + i, image_.height, image_.width, pixels.data() + i * values);
      });
      decoded_batch images(pixels.data(), count, values);
      model.features(images, slice, features.data());
      take(features.data(), hashes.data(), count);
    });
  }

  /// Of all samples; see sdmae::content_hash.
  std::vector<std::uint64_t> hashes(const tile_source& tiles) {
    std::vector<std::uint64_t> all(static_cast<std::size_t>(tiles.size()));
    each_batch(tiles, 0, [&](sdmae::index done, sdmae::index count) {
      decode(tiles, done, count, [&](sdmae::index i, const sdmae::image8& image) {
        all[static_cast<std::size_t>(done + i)] = sdmae::content_hash(image);
      });
    });
    return all;
  }

 private:
  template <class Act>
  static void each_batch(const tile_source& tiles, sdmae::index first, Act act) {
    progress shown("tile", tiles.size(), first);
    for (sdmae::index done = first; done < tiles.size();) {
      const sdmae::index count = std::min(batch, tiles.size() - done);
      act(done, count);
      done += count;
      shown.update(done, 1, "tiles");
    }
  }

  // see(i, image) on any thread. What went wrong first, in the order of samples, is thrown.
  template <class See>
  void decode(const tile_source& tiles, sdmae::index first, sdmae::index count, See see) {
    std::vector<std::exception_ptr> problems(static_cast<std::size_t>(count));
    team_.split(count, 1, [&](sdmae::index begin, sdmae::index end, int) {
      for (sdmae::index i = begin; i < end; ++i) try {
          see(i, tiles.load(first + i).image);
        } catch (...) {
          problems[static_cast<std::size_t>(i)] = std::current_exception();
        }
    });
    for (const std::exception_ptr& problem : problems)
      if (problem) std::rethrow_exception(problem);
  }

  sdmae::image_shape image_;
  sdmae::cpu::thread_team team_;
  sdmae::augmentation how_;
};

}  // namespace program
