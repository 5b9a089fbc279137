// Finding a model preset among those compiled into a program.
#pragma once

#include <string>

#include "program.hpp"
#include "sdmae/train/trainer.hpp"

namespace program {

/// Throws sdmae::error with the line that would add a known preset, or the name that was meant.
inline const sdmae::registered_preset& find_preset(const std::string& name) {
  for (const sdmae::registered_preset& preset : sdmae::preset_registry())
    if (preset.name == name) return preset;
  throw no_such_preset(name);
}

}  // namespace program
