// Features of a data set's images by the encoder of a checkpoint.
#pragma once

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint_preset.hpp"
#include "memory.hpp"
#include "progress.hpp"
#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/train/checkpoint.hpp"
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

/// An encoder whose weights stay as they are. Whole images, cut to the model's aspect ratio around their middle and
/// resized to its size.
class frozen_encoder {
 public:
  frozen_encoder(const std::string& checkpoint, const std::string& preset, int threads, sdmae::interpolation filter)
      : preset_(preset_of_checkpoint(checkpoint, preset)), team_(threads) {
    sdmae::trainer_options settings;
    settings.threads = threads;
    check_resident_memory(preset_, available_memory());
    trainer_ = preset_.make(settings);
    sdmae::load_parameters(checkpoint, *trainer_);
    how_.part = sdmae::cropping::center;
    how_.filter = filter;
  }

  sdmae::index width() const { return trainer_->feature_width(); }
  sdmae::image_shape image() const { return preset_.image; }
  const std::string& preset() const { return preset_.name; }

  /// take(features [count, width], hashes [count], count) for every batch of samples first, first + 1, … A sample that
  /// cannot be read is an sdmae::error.
  template <class Take>
  void run(const tile_source& tiles, sdmae::index first, Take take) {
    constexpr sdmae::index batch = 128;
    const sdmae::index values = preset_.image.values();
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(batch * values));
    std::vector<float> features(static_cast<std::size_t>(batch * width()));
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(batch));
    const sdmae::index slice = sdmae::default_slice(static_cast<double>(preset_.image.patches()));
    progress shown("tile", tiles.size(), first);
    for (sdmae::index done = first; done < tiles.size();) {
      const sdmae::index count = std::min(batch, tiles.size() - done);
      decode(tiles, done, count, pixels.data(), hashes.data());
      decoded_batch images(pixels.data(), count, values);
      trainer_->features(images, slice, features.data());
      take(features.data(), hashes.data(), count);
      done += count;
      shown.update(done, 1, "tiles");
    }
  }

 private:
  // All threads decode; then all compute. What went wrong first, in the order of samples, is thrown.
  void decode(const tile_source& tiles, sdmae::index first, sdmae::index count, std::uint8_t* pixels,
              std::uint64_t* hashes) {
    std::vector<std::exception_ptr> problems(static_cast<std::size_t>(count));
    const sdmae::image_shape shape = preset_.image;
    team_.split(count, 1, [&](sdmae::index begin, sdmae::index end, int) {
      for (sdmae::index i = begin; i < end; ++i) try {
          const sdmae::image8 image = tiles.load(first + i).image;
          hashes[i] = sdmae::content_hash(image);
          sdmae::augment(image, how_, 0, 0, first + i, shape.height, shape.width, pixels + i * shape.values());
        } catch (...) {
          problems[static_cast<std::size_t>(i)] = std::current_exception();
        }
    });
    for (const std::exception_ptr& problem : problems)
      if (problem) std::rethrow_exception(problem);
  }

  const sdmae::registered_preset& preset_;
  sdmae::cpu::thread_team team_;
  std::unique_ptr<sdmae::trainer> trainer_;
  sdmae::augmentation how_;
};

}  // namespace program
