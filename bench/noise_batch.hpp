// Random images, the same in every step: what benchmarks train on.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/core/shapes.hpp"

namespace bench {

class noise_batch final : public sdmae::byte_batch {
 public:
  noise_batch(sdmae::index size, sdmae::image_shape shape)
      : size_(size), pixels_(static_cast<std::size_t>(shape.values())) {
    std::uint32_t state = 1;
    for (std::uint8_t& value : pixels_)
      value = static_cast<std::uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  }
  sdmae::index size() const override { return size_; }
  sdmae::index epoch() const override { return 0; }
  sdmae::index sample(sdmae::index i) const override { return i; }
  void next(sdmae::index count, std::uint8_t* out) override {
    for (sdmae::index i = 0; i < count; ++i) out = std::copy(pixels_.begin(), pixels_.end(), out);
  }

 private:
  sdmae::index size_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace bench
