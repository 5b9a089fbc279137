// One model preset on the CUDA backend, in each precision: compiled once for each name in SDMAE_PRESETS, by
// nvcc, it adds itself to the registry.
#include "support/add_preset.hpp"
#include "support/on_cuda.cuh"

namespace {

using preset = sdmae::presets::SDMAE_PRESET;

const bool registered = program::in_each_precision<preset>(
    [](const auto& name, const auto& make_backend) { program::add_preset<preset, program::cuda>(name, make_backend); });

}  // namespace
