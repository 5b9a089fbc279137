// The images of a data set, one after the other, as a trained model sees them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/data/crop.hpp"
#include "sdmae/data/duplicates.hpp"
#include "sdmae/data/stain_normalise.hpp"
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

/// How a trained model is shown an image.
struct reading_settings {
  sdmae::interpolation filter = sdmae::interpolation::bilinear;
  sdmae::stain_normalisation normalise_stain = sdmae::stain_normalisation::none;
  sdmae::index crops = 1;  // see sdmae::test_boxes, whose grid it is: the model's answers on all boxes are averaged

  sdmae::index boxes() const { return crops > 1 ? 1 + crops * crops : 1; }
};

/// How many images are decoded together that are shown to the model as so many bytes each: they take 128 MiB at most,
/// unless one alone takes more.
inline sdmae::index decoded_together(sdmae::index bytes) {
  constexpr sdmae::index most = sdmae::index{128} << 20;
  return std::clamp<sdmae::index>(most / bytes, 1, tile_pass::usual_batch);
}

/// Images, of normalised stain where that is asked for, cut to the model's aspect ratio around their middle and resized
/// to its size, and parts of them where those are asked for. All threads decode, then all compute. A sample that cannot
/// be read is an sdmae::error.
class tile_reader {
 public:
  tile_reader(sdmae::image_shape image, int threads, const reading_settings& how)
      : image_(image), how_(how), pass_(threads) {}

  /// Images that pass together when nobody says.
  sdmae::index usual_slice() const { return sdmae::default_slice(static_cast<double>(image_.patches())); }

  /// take(features [count, width], hashes [count], count) for every batch of samples first, first + 1, …; `slice` views
  /// pass through the model together; see sdmae::training::features and sdmae::content_hash.
  template <class Take>
  void features(sdmae::training& model, const tile_source& tiles, sdmae::index first, sdmae::index slice, Take take) {
    const sdmae::index bytes = bytes_of_image(), batch = decoded_together(bytes), width = model.feature_width();
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(batch * bytes));
    std::vector<float> features(static_cast<std::size_t>(batch * how_.boxes() * width));
    std::vector<std::uint64_t> hashes(static_cast<std::size_t>(batch));
    const auto see = [&](sdmae::index i) {
      sdmae::decoded_image tile = tiles.load(i);
      const sdmae::index place = (i - first) % batch;
      hashes[static_cast<std::size_t>(place)] = sdmae::content_hash(tile.image);
      show(sdmae::with_normalised_stain(std::move(tile.image), how_.normalise_stain, tile.stain_of_slide),
           pixels.data() + place * bytes);
    };
    tiles.prepare(pass_, first);
    pass_.run(first, tiles.size(), batch, see, [&](sdmae::index, sdmae::index count) {
      decoded_batch images(pixels.data(), count * how_.boxes(), image_.values());
      model.features(images, slice, features.data());
      average(features.data(), count, width);
      take(features.data(), hashes.data(), count);
    });
  }

  /// Of all samples; see sdmae::content_hash.
  std::vector<std::uint64_t> hashes(const tile_source& tiles) {
    std::vector<std::uint64_t> all(static_cast<std::size_t>(tiles.size()));
    tiles.prepare(pass_, 0);
    pass_.run(tiles.size(),
              [&](sdmae::index i) { all[static_cast<std::size_t>(i)] = sdmae::content_hash(tiles.load(i).image); });
    return all;
  }

 private:
  sdmae::index bytes_of_image() const { return how_.boxes() * image_.values(); }
  /// out [boxes, H, W, C]
  void show(const sdmae::image8& image, std::uint8_t* out) const {
    for (const sdmae::pixel_box& box :
         sdmae::test_boxes(image.height, image.width, image_.height, image_.width, how_.crops)) {
      sdmae::resample(image, box, image_.height, image_.width, how_.filter, out);
      out += image_.values();
    }
  }
  /// features [count, boxes, width] → [count, width], in place
  void average(float* features, sdmae::index count, sdmae::index width) const {
    const sdmae::index boxes = how_.boxes();
    if (boxes == 1) return;
    for (sdmae::index i = 0; i < count; ++i)
      for (sdmae::index f = 0; f < width; ++f) {
        double sum = 0;
        for (sdmae::index b = 0; b < boxes; ++b) sum += static_cast<double>(features[(i * boxes + b) * width + f]);
        features[i * width + f] = static_cast<float>(sum / static_cast<double>(boxes));
      }
  }

  sdmae::image_shape image_;
  reading_settings how_;
  tile_pass pass_;
};

}  // namespace program
