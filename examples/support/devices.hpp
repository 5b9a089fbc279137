// Where programs compute: --backend and --precision, the presets compiled in for them, the memory that is there.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "cuda_presets.hpp"
#include "memory.hpp"
#include "presets.hpp"
#include "program.hpp"

namespace program {

struct device_options {
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
                         "build with cmake --preset cuda && cmake --build --preset cuda (needs nvcc 12 or newer)");
    return find_registered(registry, preset_on_cuda(preset, precision));
  }
  std::size_t available_memory() const {
    return backend == "cuda" ? free_memory_of_cuda()() : program::available_memory();
  }
};

}  // namespace program
