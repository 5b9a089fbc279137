// One model preset on the CPU backend: compiled once for each name in SDMAE_PRESETS, it adds itself to the registry.
#include "sdmae/backend/eigen.hpp"
#include "sdmae/train/preset_trainer.hpp"
#include "support/known_presets.hpp"

namespace {

using preset = sdmae::presets::SDMAE_PRESET;
using backend = sdmae::eigen_backend<float>;

using trainer = sdmae::preset_trainer<preset, backend>;

const bool registered = [] {
  sdmae::preset_registry().push_back({.name = preset::name,
                                      .image = preset::architecture::image,
                                      .defaults = preset::defaults,
                                      .distills = preset::loss::distills,
                                      .make =
                                          [](const sdmae::trainer_options& options) {
                                            return std::make_unique<trainer>(backend({.threads = options.threads}),
                                                                             options);
                                          },
                                      .resident =
                                          [] {
                                            backend one({.threads = 1});
                                            sdmae::arena plan;
                                            trainer::plan_resident(one, plan);
                                            return plan.peak();
                                          }});
  return true;
}();

}  // namespace
