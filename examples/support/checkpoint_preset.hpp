// Which preset a checkpoint was made with.
#pragma once

#include <string>

#include "presets.hpp"
#include "sdmae/io/safetensors.hpp"

namespace program {

/// The preset that was asked for, or else the one that the checkpoint names. Throws sdmae::error when it names none.
inline std::string preset_name_of_checkpoint(const std::string& checkpoint, const std::string& asked) {
  if (!asked.empty()) return asked;
  const sdmae::safetensors_file file(checkpoint);
  const auto named = file.metadata().find("sdmae.preset");
  if (named == file.metadata().end())
    throw sdmae::error(checkpoint, "does not name its preset", "add --preset NAME, the model it was made with");
  return named->second;
}

/// Throws sdmae::error when it is not in this program.
inline const sdmae::registered_preset& preset_of_checkpoint(const std::string& checkpoint, const std::string& asked) {
  return find_preset(preset_name_of_checkpoint(checkpoint, asked));
}

}  // namespace program
