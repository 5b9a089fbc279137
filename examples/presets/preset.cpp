// One model preset on the CPU backend: compiled once for each name in SDMAE_PRESETS, it adds itself to the registry.
#include "sdmae/backend/eigen.hpp"
#include "sdmae/train/preset_trainer.hpp"

namespace {

using preset = sdmae::presets::SDMAE_PRESET;
using backend = sdmae::eigen_backend<float>;

const bool registered = [] {
  sdmae::preset_registry().push_back(
      {preset::name, preset::architecture::image, preset::defaults, [](const sdmae::trainer_options& options) {
         return std::make_unique<sdmae::preset_trainer<preset, backend>>(backend({.threads = options.threads}),
                                                                         options);
       }});
  return true;
}();

}  // namespace
