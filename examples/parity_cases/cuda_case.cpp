// The same on the CUDA backend: compiled by nvcc.
#include <string>

#include "cases.hpp"
#include "sdmae/backend/cuda.cuh"
#include "support/replay.hpp"

namespace {

sdmae::precision precision_of(const std::string& name) {
  for (const auto& [known, rounding] : sdmae::precisions)
    if (name == known) return rounding;
  return sdmae::precision::fp32;
}

struct on_device {
  template <class T>
  auto operator()(T, const program::replay_device& device) const {
    return sdmae::cuda_backend<T>({.precision = precision_of(device.precision)});
  }
};

const bool registered = program::make_replayable<program::cases::SDMAE_CASE>("cuda", on_device{});

}  // namespace
