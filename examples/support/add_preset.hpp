// A model preset, to be pre-trained on some backend.
#pragma once

#include <string>

#include "known_presets.hpp"
#include "registering.hpp"
#include "sdmae/train/preset_trainer.hpp"

namespace program {

template <class Preset, class B, class MakeBackend>
void add_preset(const std::string& name, MakeBackend make_backend) {
  add_entry<sdmae::preset_trainer<Preset, B>, sdmae::trainer_options>(
      sdmae::preset_registry(),
      sdmae::registered_preset{.defaults = Preset::defaults, .distills = Preset::loss::distills}, name,
      Preset::architecture::image, make_backend);
}

}  // namespace program
