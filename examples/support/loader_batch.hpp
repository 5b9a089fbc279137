// Batches of a data set as a trainer pulls them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/data/loader.hpp"

namespace program {

/// The running batch of a loader.
template <class Dataset>
class loader_batch final : public sdmae::byte_batch {
 public:
  loader_batch(sdmae::loader<Dataset>& from, sdmae::index size) : from_(from), size_(size) {}
  sdmae::index size() const override { return size_; }
  sdmae::index epoch() const override { return from_.epoch(); }
  sdmae::index sample(sdmae::index i) const override { return from_.samples()[static_cast<std::size_t>(i)]; }
  void next(sdmae::index count, std::uint8_t* out) override { from_.next(count, out); }

 private:
  sdmae::loader<Dataset>& from_;
  sdmae::index size_;
};

/// How a trainer's images are loaded: at a model's size, well ahead of a slice.
inline sdmae::loader_settings loading(sdmae::image_shape shape, sdmae::index batch, sdmae::index slice,
                                      std::uint64_t seed, int threads, sdmae::index first_step) {
  sdmae::loader_settings settings;
  settings.height = shape.height;
  settings.width = shape.width;
  settings.batch = batch;
  settings.seed = seed;
  settings.first_step = first_step;
  settings.threads = threads;
  settings.ahead = std::max<sdmae::index>(32, 2 * slice);
  settings.notice = [](const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); };
  return settings;
}

/// Readable images of a data set, whole, at the model's size: always the same ones, to look at; the first, or with
/// `every` one of so many. The constructor throws sdmae::error when more than 1 % of the data set is broken before
/// there is one.
class example_batch final : public sdmae::byte_batch {
 public:
  template <class Dataset>
  example_batch(const Dataset& data, sdmae::index count, sdmae::image_shape shape,
                sdmae::stain_normalisation normalise_stain, sdmae::index every = 1)
      : values_(shape.values()) {
    sdmae::augmentation whole;
    whole.normalise_stain = normalise_stain;
    whole.part = sdmae::cropping::center;
    std::string first_problem;
    sdmae::index broken = 0;
    for (sdmae::index i = 0; i < data.size() && sdmae::index(samples_.size()) < count; i += every) {
      sdmae::decoded_image decoded;
      try {
        decoded = data.load(i);
      } catch (const sdmae::error& problem) {
        if (first_problem.empty()) first_problem = problem.what();
        if (++broken * 100 > data.size() && samples_.empty())
          throw sdmae::error("--data", "more than 1 % of " + std::to_string(data.size()) + " images cannot be read",
                             "the first: " + first_problem);
        continue;  // the loader names broken images
      }
      pixels_.resize(pixels_.size() + static_cast<std::size_t>(values_));
      sdmae::augment(decoded.image, whole, 0, 0, i, shape.height, shape.width,
                     pixels_.data() + pixels_.size() - static_cast<std::size_t>(values_), decoded.stain_of_slide);
      samples_.push_back(i);
    }
  }
  sdmae::index size() const override { return static_cast<sdmae::index>(samples_.size()); }
  sdmae::index epoch() const override { return 0; }
  sdmae::index sample(sdmae::index i) const override { return samples_[static_cast<std::size_t>(i)]; }
  void next(sdmae::index count, std::uint8_t* out) override {
    std::copy_n(pixels_.data() + used_ * values_, count * values_, out);
    used_ = (used_ + count) % size();
  }

 private:
  sdmae::index values_, used_ = 0;
  std::vector<std::uint8_t> pixels_;
  std::vector<sdmae::index> samples_;
};

}  // namespace program
