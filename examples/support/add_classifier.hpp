// The classifier of a model preset, to be fine-tuned on some backend.
#pragma once

#include <string>

#include "known_presets.hpp"
#include "registering.hpp"
#include "sdmae/train/classifier_trainer.hpp"

namespace program {

template <class Preset, class B, class MakeBackend>
void add_classifier(const std::string& name, MakeBackend make_backend) {
  add_entry<sdmae::preset_classifier<Preset, B>, sdmae::classifier_options>(
      sdmae::classifier_registry(), sdmae::registered_classifier{}, name, Preset::architecture::image, make_backend);
}

}  // namespace program
