// The classifier of one model preset on the CUDA backend, in each precision: compiled once for each name in
// SDMAE_PRESETS, by nvcc, it adds itself to the registry.
#include "sdmae/backend/cuda.cuh"
#include "sdmae/train/classifier_trainer.hpp"
#include "support/cuda_memory.cuh"
#include "support/cuda_presets.hpp"
#include "support/known_presets.hpp"

namespace {

using preset = sdmae::presets::SDMAE_PRESET;
using backend = sdmae::cuda_backend<float>;
using trainer = sdmae::preset_classifier<preset, backend>;

void add(sdmae::precision precision, const char* name) {
  sdmae::classifier_registry().push_back({.name = program::preset_on_cuda(preset::name, name),
                                          .image = preset::architecture::image,
                                          .make =
                                              [precision](const sdmae::classifier_options& options) {
                                                return std::make_unique<trainer>(backend({.precision = precision}),
                                                                                 options);
                                              },
                                          .resident =
                                              [] {
                                                backend one;
                                                sdmae::arena plan;
                                                trainer::plan_resident(one, plan);
                                                return plan.peak();
                                              }});
}

const bool registered = [] {
  add(sdmae::precision::fp32, "fp32");
  add(sdmae::precision::tf32, "tf32");
  add(sdmae::precision::bf16, "bf16");
  program::free_memory_of_cuda() = program::free_memory;
  return true;
}();

}  // namespace
