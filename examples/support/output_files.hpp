// Files that a program was asked to write, checked before any work.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace program {

/// An option, and the path that it was given; empty: not given.
using named_path = std::pair<std::string, std::string>;

/// Throws CLI::ValidationError for an output that would replace an input, or another output.
inline void check_outputs(const std::vector<named_path>& outputs, const std::vector<named_path>& inputs) {
  const auto same = [](const std::string& one, const std::string& other) {
    std::error_code ignored, a, b;
    if (one.empty() || other.empty()) return false;
    if (std::filesystem::equivalent(one, other, ignored)) return true;
    const auto first = std::filesystem::weakly_canonical(one, a), second = std::filesystem::weakly_canonical(other, b);
    return !a && !b && first == second;
  };
  for (auto output = outputs.begin(); output != outputs.end(); ++output) {
    const auto refuse_file_of = [&](const named_path& other) {
      if (same(output->second, other.second))
        throw CLI::ValidationError(output->first, "is the file of " + other.first + "; choose another name");
    };
    std::for_each(inputs.begin(), inputs.end(), refuse_file_of);
    std::for_each(outputs.begin(), output, refuse_file_of);
  }
}

}  // namespace program
