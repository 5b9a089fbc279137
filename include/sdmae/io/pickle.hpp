// PyTorch's own files, which are not read: they can run code.
#pragma once

#include <array>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "sdmae/core/error.hpp"

namespace sdmae {

/// Refuses what PyTorch writes (a zip or a pickle) with a way out. Other files pass.
inline void refuse_pickles(const std::filesystem::path& path) {
  std::array<char, 4> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  const std::string_view magic(start.data(), start.size());
  const bool zip = magic == std::string_view("PK\3\4", 4),
             pickle = start[0] == '\x80' && start[1] >= 2 && start[1] <= 5;
  if (zip || pickle)
    throw error(path.string(), "a file of PyTorch's (" + std::string(zip ? "zip" : "pickle") + "), which can run code",
                "make it a .safetensors file with the lines of Python in the README, \"Weights from elsewhere\"");
}

}  // namespace sdmae
