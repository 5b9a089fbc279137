// The classifier of one model preset on the CPU backend: compiled once for each name in SDMAE_PRESETS, it adds itself
// to the registry.
#include "support/add_classifier.hpp"
#include "support/on_cpu.hpp"

namespace {

using preset = sdmae::presets::SDMAE_PRESET;

const bool registered = (program::add_classifier<preset, program::cpu>(preset::name, program::on_cpu), true);

}  // namespace
