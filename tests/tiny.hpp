// An architecture small enough to train in a test, and images for it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/model/sd_mae.hpp"

namespace tiny {

inline constexpr sdmae::image_shape image{.height = 32, .width = 32, .patch = 8};
inline constexpr sdmae::vit_shape encoder{.width = 32, .depth = 2, .heads = 2};
inline constexpr sdmae::vit_shape decoder{.width = 16, .depth = 1, .heads = 2};
inline constexpr sdmae::head_shape head{.hidden = 24, .bottleneck = 8, .prototypes = 40};
using architecture = sdmae::sd_mae<image, encoder, decoder, head>;

/// Smaller still, with layer scale and an oblong grid: for differences over every parameter.
inline constexpr sdmae::image_shape oblong{.height = 4, .width = 6, .patch = 2};
using scaled_architecture =
    sdmae::sd_mae<oblong, sdmae::vit_shape{.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2, .layer_scale = true},
                  sdmae::vit_shape{.width = 6, .depth = 1, .heads = 3, .mlp_ratio = 2},
                  sdmae::head_shape{.hidden = 7, .bottleneck = 5, .prototypes = 9}>;

/// `count` images of 8 bits [count, H, W, C]: noise on a slope that differs from image to image, so that there is
/// something to learn.
template <sdmae::image_shape Image = image>
std::vector<std::uint8_t> pictures(sdmae::index count, std::uint64_t seed = 3) {
  std::vector<std::uint8_t> bytes;
  for (sdmae::index i = 0; i < count; ++i) {
    sdmae::random_sequence numbers(seed, sdmae::stream::test, 3, static_cast<std::uint64_t>(i));
    const double down = numbers.uniform(-3, 3), across = numbers.uniform(-3, 3);
    for (int y = 0; y < Image.height; ++y)
      for (int x = 0; x < Image.width; ++x)
        for (int c = 0; c < Image.channels; ++c)
          bytes.push_back(static_cast<std::uint8_t>(128 + down * (y - 16) + across * (x - 16) * (c + 1) / 3 +
                                                    numbers.uniform(-20, 20)));
  }
  return bytes;
}

/// Images in memory as programs hand them over, from the start again after the last.
class held_pictures final : public sdmae::byte_batch {
 public:
  explicit held_pictures(std::vector<std::uint8_t> images)
      : images_(std::move(images)), count_(static_cast<sdmae::index>(images_.size()) / image.values()) {}
  explicit held_pictures(sdmae::index count) : held_pictures(pictures(count)) {}
  sdmae::index size() const override { return count_; }
  sdmae::index epoch() const override { return 0; }
  sdmae::index sample(sdmae::index i) const override { return i; }
  void next(sdmae::index count, std::uint8_t* out) override {
    std::copy_n(images_.data() + used_ * image.values(), count * image.values(), out);
    used_ = (used_ + count) % count_;
  }

 private:
  std::vector<std::uint8_t> images_;
  sdmae::index count_, used_ = 0;
};

}  // namespace tiny
