// Finding a model preset among those compiled into a program, or telling what to do where it is not.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/train/trainer.hpp"
#include "spelling.hpp"

namespace program {

#if !defined(PROGRAM_TARGET)
#define PROGRAM_TARGET "pretrain"  // of what is no program of its own
#endif

/// Words of a list separated by spaces.
inline std::vector<std::string> words(const std::string& list) {
  std::istringstream from(list);
  return {std::istream_iterator<std::string>(from), {}};
}

/// The error for a preset that is not in this program: how to compile it in, or, for a typo, which was meant.
inline sdmae::error no_such_preset(const std::string& name) {
  const std::vector<std::string> known = words(SDMAE_KNOWN_PRESETS);
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    std::string presets = SDMAE_COMPILED_PRESETS " " + name;
    std::replace(presets.begin(), presets.end(), ' ', ';');
    return {"--preset " + name, "this program was built without it",
            "add it with: cmake " SDMAE_BUILD_FOLDER " -DSDMAE_PRESETS='" + presets +
                "' && cmake --build " SDMAE_BUILD_FOLDER " --target " PROGRAM_TARGET};
  }
  const std::string meant = nearest(name, known);
  return {"--preset " + name, "there is no such preset",
          meant.empty() ? "there are: " SDMAE_KNOWN_PRESETS : "did you mean " + meant + "?"};
}

/// What is registered under a name. Throws sdmae::error with the line that would add a known preset, or the name that
/// was meant.
template <class Registered>
const Registered& find_registered(const std::vector<Registered>& registry, const std::string& name) {
  for (const Registered& preset : registry)
    if (preset.name == name) return preset;
  throw no_such_preset(name);
}
inline const sdmae::registered_preset& find_preset(const std::string& name) {
  return find_registered(sdmae::preset_registry(), name);
}

/// A mask by its name, at a ratio or at the recipe's; random ones are drawn as the preset's family draws them.
inline sdmae::masking::any mask_of(const sdmae::registered_preset& preset, const std::string& name,
                                   std::optional<double> asked) {
  const double ratio = asked.value_or(preset.defaults.mask_ratio);
  if (name == "random" && preset.defaults.he_et_al_masks) return {sdmae::masking::he_et_al(ratio)};
  return sdmae::masking::any::named(name, ratio);
}

}  // namespace program
