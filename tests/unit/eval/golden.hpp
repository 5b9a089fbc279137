// Answers that the scripts in golden/ computed with other software.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/io/safetensors.hpp"

inline std::vector<double> golden(const std::string& file, const std::string& tensor) {
  return sdmae::safetensors_file(std::filesystem::path(__FILE__).parent_path() / "golden" / file).read<double>(tensor);
}
