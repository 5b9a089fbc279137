// What tests of files need: a fresh folder that is removed with everything in it, whole files, error lines.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

struct temporary_folder {
  std::filesystem::path path;

  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sdmae_test_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot create " + pattern);
    path = pattern;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  std::filesystem::path operator/(const std::string& name) const { return path / name; }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      found.push_back(entry.path().filename().string());
    return found;
  }
};

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void put_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// A file beside the golden cases.
inline std::filesystem::path golden_file(const std::string& name) {
  return std::filesystem::path(__FILE__).parent_path() / "../../parity/golden" / name;
}

// The error's line, or "" when nothing was thrown.
template <class Action>
std::string error_line(Action&& action) {
  try {
    action();
  } catch (const std::exception& problem) {
    return problem.what();
  }
  return "";
}

// A matcher for a part of a line; Catch2 2 and 3 name it differently.
inline auto says(const std::string& part) {
#if __has_include(<catch2/catch_all.hpp>)
  return Catch::Matchers::ContainsSubstring(part);
#else
  return Catch::Matchers::Contains(part);
#endif
}
