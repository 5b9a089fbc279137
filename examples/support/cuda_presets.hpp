// What presets compiled for the CUDA backend tell the program that they are linked into.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace program {

/// The name under which a preset on the CUDA backend is registered.
inline std::string preset_on_cuda(const std::string& preset, const std::string& precision) {
  return preset + " on cuda, " + precision;
}

/// Bytes that are free on the device; empty in a program without the CUDA backend.
inline std::function<std::size_t()>& free_memory_of_cuda() {
  static std::function<std::size_t()> probe;
  return probe;
}

}  // namespace program
