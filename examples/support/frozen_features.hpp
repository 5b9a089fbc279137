// Features of a data set's images by the encoder of a checkpoint.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint_preset.hpp"
#include "devices.hpp"
#include "memory.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "sdmae/train/classifier_trainer.hpp"
#include "tile_reader.hpp"

namespace program {

/// An encoder whose weights stay as they are. Where `classifiers` are welcome too, the features of one are its scores.
class frozen_encoder {
 public:
  frozen_encoder(const std::string& checkpoint, const std::string& preset, int threads, const reading_settings& reading,
                 const device_options& device, bool classifiers = false)
      : name_(preset_name_of_checkpoint(checkpoint, preset)), reading_(reading) {
    if (classifiers) classes_ = classes_of_checkpoint(checkpoint);
    const auto make = [&](const auto& registered, auto settings) {
      image_ = registered.image;
      settings.threads = threads;
      check_resident_memory(registered, device.available_memory());
      trainer_ = registered.make(settings);
    };
    if (classes_.empty())
      make(device.find(name_), sdmae::trainer_options{});
    else
      make(device.find(sdmae::classifier_registry(), name_),
           sdmae::classifier_options{.classes = static_cast<sdmae::index>(classes_.size())});
    tell_reshaped(checkpoint, sdmae::load_parameters(checkpoint, *trainer_, {.part = sdmae::is_of_encoder}));
    reader_ = std::make_unique<tile_reader>(image_, threads, reading_);
    const sdmae::index usual = device.backend == "cuda" ? tile_pass::usual_batch : reader_->usual_slice();
    slice_ = slice_that_fits(usual, device.available_memory(),
                             [&](sdmae::index images) { return trainer_->feature_memory(images); });
  }

  sdmae::index width() const { return trainer_->feature_width(); }
  sdmae::image_shape image() const { return image_; }
  const std::string& preset() const { return name_; }
  const reading_settings& reading() const { return reading_; }
  /// Of a classifier; else none.
  const std::vector<std::string>& classes() const { return classes_; }

  /// See tile_reader::features.
  template <class Take>
  void run(const tile_source& tiles, sdmae::index first, Take take) {
    reader_->features(*trainer_, tiles, first, slice_, std::move(take));
  }

 private:
  std::string name_;
  reading_settings reading_;
  std::vector<std::string> classes_;
  sdmae::image_shape image_{};
  std::unique_ptr<sdmae::training> trainer_;
  std::unique_ptr<tile_reader> reader_;
  sdmae::index slice_ = 1;
};

}  // namespace program
