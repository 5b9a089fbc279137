// What a run takes of the machine's memory: as a table, and refused before it starts when there is not enough.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/train/training.hpp"

namespace program {

namespace detail {

/// The first number of a file, after `key` where there is one; `otherwise` when there is none.
inline std::size_t number_in(const char* path, const std::string& key, std::size_t otherwise) {
  std::ifstream file(path);
  std::string word;
  std::size_t number = 0;
  while (!key.empty() && word != key)
    if (!(file >> word)) return otherwise;
  return file >> number ? number : otherwise;
}

inline std::string mebibytes(std::size_t bytes) {
  return std::to_string((bytes + (std::size_t{1} << 20) - 1) >> 20) + " MiB";
}

}  // namespace detail

/// Bytes that a program may still take: what the system calls available, or what is left of this control group's
/// limit. As good as endless where neither is told.
inline std::size_t available_memory() {
  constexpr std::size_t endless = std::numeric_limits<std::size_t>::max();
  const std::size_t kibibytes = detail::number_in("/proc/meminfo", "MemAvailable:", endless >> 10);
  const std::size_t limit = detail::number_in("/sys/fs/cgroup/memory.max", "", endless);
  const std::size_t used = detail::number_in("/sys/fs/cgroup/memory.current", "", 0);
  // Cached files count as used and are given back when asked for.
  const std::size_t cached = detail::number_in("/sys/fs/cgroup/memory.stat", "inactive_file", 0);
  const std::size_t taken = used - std::min(used, cached);
  return std::min(kibibytes << 10, limit == endless ? endless : limit - std::min(limit, taken));
}

/// Throws sdmae::error when what a preset keeps (weights, gradients, moments, what its backend works with) is alone
/// more than `available` bytes. Registered: registered_preset, registered_classifier.
template <class Registered>
void check_resident_memory(const Registered& preset, std::size_t available) {
  const std::size_t needed = preset.resident();
  if (needed <= available) return;
  throw sdmae::error("memory",
                     preset.name + " needs " + detail::mebibytes(needed) +
                         " for weights, gradients and moments alone, there are " + detail::mebibytes(available),
                     "choose a smaller preset, or a machine with more memory");
}

/// Throws sdmae::error when a step would take more than `available` bytes, and names the largest slice that fits.
inline void check_step_memory(sdmae::training& trainer, sdmae::index batch, sdmae::index slice, std::size_t available) {
  const std::size_t needed = trainer.plan(batch, slice).step;
  if (needed <= available) return;
  sdmae::index fits = 0;
  for (sdmae::index above = slice; above - fits > 1;) {
    const sdmae::index middle = fits + (above - fits) / 2;
    (trainer.plan(batch, middle).step <= available ? fits : above) = middle;
  }
  throw sdmae::error("memory",
                     "a step with --slice " + std::to_string(slice) + " needs " + detail::mebibytes(needed) +
                         ", there are " + detail::mebibytes(available),
                     fits > 0 ? "choose --slice " + std::to_string(fits) + " or less"
                              : "choose a smaller --batch, or a smaller preset");
}

/// The largest slice, from `usual` down, of which `memory_of(slice)` is at most `available` bytes. Throws sdmae::error
/// when not even one image is.
template <class MemoryOf>
sdmae::index slice_that_fits(sdmae::index usual, std::size_t available, MemoryOf memory_of) {
  sdmae::index slice = usual;
  while (slice > 1 && memory_of(slice) > available) --slice;
  if (const std::size_t needed = memory_of(slice); needed > available)
    throw sdmae::error(
        "memory",
        "one image needs " + detail::mebibytes(needed) + " beside the model, there are " + detail::mebibytes(available),
        "choose a smaller preset, or a machine with more memory");
  return slice;
}

/// A line for each kind of piece: how many, how large together; then their sum. Of a step, what is held when it takes
/// most.
inline std::string memory_table(const sdmae::memory_plan& plan) {
  struct kind {
    std::string name;
    sdmae::index pieces = 0;
    std::size_t bytes = 0;
  };
  std::vector<kind> kinds;
  for (const sdmae::planned_memory& piece : plan.pieces) {
    const auto known = std::find_if(kinds.begin(), kinds.end(), [&](const kind& k) { return k.name == piece.name; });
    kind& its = known != kinds.end() ? *known : kinds.emplace_back(kind{piece.name});
    ++its.pieces;
    its.bytes += piece.bytes;
  }
  std::string text;
  const std::size_t all = plan.resident + plan.step;
  const auto line = [&](const std::string& name, const std::string& count, std::size_t bytes) {
    char row[128];
    std::snprintf(row, sizeof row, "%-36s %6s %10.2f MiB %6.1f %%\n", name.c_str(), count.c_str(),
                  static_cast<double>(bytes) / (1 << 20), 100 * static_cast<double>(bytes) / static_cast<double>(all));
    text += row;
  };
  for (const kind& k : kinds) line(k.name, std::to_string(k.pieces), k.bytes);
  line("kept from step to step", "", plan.resident);
  line("a step", "", plan.step);
  line("together", "", all);
  return text;
}

}  // namespace program
