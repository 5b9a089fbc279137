// Features of a data set's images by the encoder of a checkpoint.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "checkpoint_preset.hpp"
#include "devices.hpp"
#include "memory.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "tile_reader.hpp"

namespace program {

/// An encoder whose weights stay as they are.
class frozen_encoder {
 public:
  frozen_encoder(const std::string& checkpoint, const std::string& preset, int threads, sdmae::interpolation filter,
                 const device_options& device)
      : name_(preset_name_of_checkpoint(checkpoint, preset)),
        preset_(device.find(name_)),
        reader_(preset_.image, threads, filter),
        slice_(device.backend == "cuda" ? tile_reader::batch : reader_.usual_slice()) {
    sdmae::trainer_options settings;
    settings.threads = threads;
    check_resident_memory(preset_, device.available_memory());
    trainer_ = preset_.make(settings);
    sdmae::load_parameters(checkpoint, *trainer_);
  }

  sdmae::index width() const { return trainer_->feature_width(); }
  sdmae::image_shape image() const { return preset_.image; }
  const std::string& preset() const { return name_; }

  /// See tile_reader::features.
  template <class Take>
  void run(const tile_source& tiles, sdmae::index first, Take take) {
    reader_.features(*trainer_, tiles, first, slice_, std::move(take));
  }

 private:
  std::string name_;
  const sdmae::registered_preset& preset_;
  tile_reader reader_;
  sdmae::index slice_;
  std::unique_ptr<sdmae::trainer> trainer_;
};

}  // namespace program
