// Finding a model preset among those compiled into a program.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "program.hpp"
#include "sdmae/train/trainer.hpp"

namespace program {

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
