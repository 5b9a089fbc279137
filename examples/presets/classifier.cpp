// The classifier of one model preset on the CPU backend: compiled once for each name in SDMAE_PRESETS, it adds itself
// to the registry.
#include "sdmae/backend/eigen.hpp"
#include "sdmae/train/classifier_trainer.hpp"
#include "support/known_presets.hpp"

namespace {

using preset = sdmae::presets::SDMAE_PRESET;
using backend = sdmae::eigen_backend<float>;
using trainer = sdmae::preset_classifier<preset, backend>;

const bool registered = [] {
  sdmae::classifier_registry().push_back({.name = preset::name,
                                          .image = preset::architecture::image,
                                          .make =
                                              [](const sdmae::classifier_options& options) {
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
