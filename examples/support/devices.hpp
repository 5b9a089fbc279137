// Where programs compute: --backend and --precision, the presets compiled in for them, the memory that is there.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "cuda_presets.hpp"
#include "memory.hpp"
#include "presets.hpp"
#include "validators.hpp"

namespace program {

struct device_options {
  static constexpr sdmae::index slice_on_cuda = 64;
  static constexpr const char* slice_help =
      "images that pass through the model together (on cuda: 64); changes memory, not results: on cuda their last bits";

  std::string backend = "cpu", precision = "fp32";

  void declare(CLI::App& app) {
    app.add_option("--backend", backend, "where to compute: cpu or cuda")->check(CLI::IsMember({"cpu", "cuda"}));
    app.add_option("--precision", precision, "of the factors of products, with --backend cuda: fp32, tf32 or bf16")
        ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  }

  /// Throws sdmae::error when the preset or the backend is not in this program.
  const sdmae::registered_preset& find(const std::string& preset) const {
    return find(sdmae::preset_registry(), preset);
  }
  template <class Registered>
  const Registered& find(const std::vector<Registered>& registry, const std::string& preset) const {
    const Registered& on_cpu = find_registered(registry, preset);
    if (backend == "cpu" && precision != "fp32")
      throw CLI::ValidationError("--precision " + precision + " needs --backend cuda");
    if (backend == "cpu") return on_cpu;
    if (!free_memory_of_cuda())
      throw sdmae::error("--backend cuda", "this program was built without it",
                         "build with cmake --preset cuda && cmake --build --preset cuda (needs nvcc 12.8 or newer)");
    return find_registered(registry, preset_on_cuda(preset, precision));
  }
  /// Images of a batch that pass through a model together: `asked`, or, when nobody says, as many as keep the device
  /// busy. Not what is free on it at the time: last bits of a run on cuda depend on its slice.
  sdmae::index slice(std::optional<sdmae::index> asked, sdmae::index batch, double tokens_of_an_image) const {
    const sdmae::index usual = backend == "cuda" ? slice_on_cuda : sdmae::default_slice(tokens_of_an_image);
    return std::min(asked.value_or(usual), batch);
  }
  std::size_t available_memory() const {
    return backend == "cuda" ? free_memory_of_cuda()() : program::available_memory();
  }
};

}  // namespace program
