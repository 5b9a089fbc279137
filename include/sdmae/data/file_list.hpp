// The files below a folder, by name.
#pragma once

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "sdmae/core/error.hpp"

namespace sdmae {

/// The ending of a file's name, ".png", in small letters.
inline std::string lower_ending(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return ending;
}

/// Whether a file's name has one of these endings, in any case.
inline bool ends_in(const std::filesystem::path& path, std::initializer_list<std::string_view> endings) {
  return std::find(endings.begin(), endings.end(), lower_ending(path)) != endings.end();
}

namespace detail {

[[noreturn]] inline void fail_listing(const std::filesystem::path& folder, const std::error_code& problem) {
  throw error(folder.string(), "cannot list the folder (" + problem.message() + ")", "make it readable");
}

// `above` holds the folders that lead here, so that a link to one of them does not go round for ever.
template <class Wanted>
void collect_files(const std::filesystem::path& folder, const std::string& prefix, const Wanted& wanted,
                   std::vector<std::filesystem::path>& above, std::vector<std::string>& names) {
  std::error_code problem;
  const std::filesystem::path real = std::filesystem::canonical(folder, problem);
  if (problem) fail_listing(folder, problem);
  if (std::find(above.begin(), above.end(), real) != above.end()) return;
  above.push_back(real);
  std::filesystem::directory_iterator entry(folder, problem), end;
  for (; !problem && entry != end; entry.increment(problem)) {
    const std::string name = entry->path().filename().string();
    std::error_code ignored;  // a dangling link is neither a folder nor a file
    if (name.front() == '.') continue;
    if (entry->is_directory(ignored))
      collect_files(entry->path(), prefix + name + "/", wanted, above, names);
    else if (wanted(entry->path()) && entry->is_regular_file(ignored))
      names.push_back(prefix + name);
  }
  if (problem) fail_listing(folder, problem);
  above.pop_back();
}

}  // namespace detail

/// The files below a folder whose paths are `wanted`: their relative paths, with '/' between folders, sorted as bytes.
/// Hidden files and folders (names with a leading dot) are left out; links are followed. Throws sdmae::error when the
/// folder is missing or unreadable.
template <class Wanted>
std::vector<std::string> files_below(const std::filesystem::path& root, const Wanted& wanted) {
  std::error_code problem;
  const std::filesystem::file_status status = std::filesystem::status(root, problem);
  if (!std::filesystem::exists(status)) throw error(root.string(), "no such folder", "check the path");
  if (!std::filesystem::is_directory(status))
    throw error(root.string(), "a file, not a folder", "give the folder that holds the images");
  std::vector<std::filesystem::path> above;
  std::vector<std::string> names;
  detail::collect_files(root, "", wanted, above, names);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace sdmae
