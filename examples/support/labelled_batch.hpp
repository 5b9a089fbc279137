// Batches of labelled images as a fine-tuner pulls them, mixed where that was asked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/data/loader.hpp"
#include "sdmae/data/mix.hpp"

namespace program {

/// The running batch of a loader. labels: the class of every sample. Mixing needs all images of a batch at once: they
/// are then held here.
template <class Dataset>
class labelled_batch final : public sdmae::labelled_byte_batch {
 public:
  labelled_batch(sdmae::loader<Dataset>& from, sdmae::index size, sdmae::image_shape shape,
                 const std::vector<sdmae::index>& labels, sdmae::index classes, const sdmae::mix_settings& mixing,
                 std::uint64_t seed)
      : from_(from), size_(size), shape_(shape), labels_(labels), classes_(classes), mixing_(mixing), seed_(seed) {
    if (mixing.on()) pixels_.resize(static_cast<std::size_t>(size * shape.values()));
  }

  sdmae::index size() const override { return size_; }
  sdmae::index epoch() const override { return from_.epoch(); }
  sdmae::index sample(sdmae::index i) const override { return from_.samples()[static_cast<std::size_t>(i)]; }

  void next(sdmae::index count, std::uint8_t* out) override {
    if (!mixing_.on()) return from_.next(count, out);
    if (from_.remaining() == size_) begin();
    for (sdmae::index i = 0; i < count; ++i, ++used_)
      sdmae::mix_images(mix_, shape_.height, shape_.width, pixels_of(used_),
                        pixels_of(sdmae::batch_mix::partner(used_, size_)), out + i * shape_.values());
  }

  void label(sdmae::index i, float* out) const override {
    sdmae::mix_labels(mix_, class_of(i), class_of(sdmae::batch_mix::partner(i, size_)), classes_, 0.0, out);
  }

 private:
  void begin() {
    from_.next(size_, pixels_.data());
    mix_ = sdmae::draw_mix(mixing_, seed_, epoch(), from_.step(), shape_.height, shape_.width);
    used_ = 0;
  }
  const std::uint8_t* pixels_of(sdmae::index i) const { return pixels_.data() + i * shape_.values(); }
  sdmae::index class_of(sdmae::index i) const { return labels_[static_cast<std::size_t>(sample(i))]; }

  sdmae::loader<Dataset>& from_;
  sdmae::index size_;
  sdmae::image_shape shape_;
  const std::vector<sdmae::index>& labels_;
  sdmae::index classes_;
  sdmae::mix_settings mixing_;
  std::uint64_t seed_;
  sdmae::batch_mix mix_;
  sdmae::index used_ = 0;  // images of the running batch that are handed out
  std::vector<std::uint8_t> pixels_;
};

}  // namespace program
