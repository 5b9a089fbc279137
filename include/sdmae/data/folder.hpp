// A data set that is a folder of image files, with or without subfolders.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/image_list.hpp"

namespace sdmae {

/// Whether a file is called as images are that data sets read: .png, .jpg, .jpeg, .tif, .tiff, in any case.
inline bool is_image_name(const std::filesystem::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (std::string_view known : {".png", ".jpg", ".jpeg", ".tif", ".tiff"})
    if (extension == known) return true;
  return false;
}

/// Every .png, .jpg, .jpeg, .tif and .tiff file (in any case) below a folder. Sample i is the i-th of their relative
/// paths, with '/' between folders, sorted as bytes. Hidden files and folders (names with a leading dot) are left out;
/// links are followed. The list is made once, by the constructor, which throws an sdmae::error when the folder is
/// missing, unreadable or holds no such file. May be used from several threads at once.
class image_folder : public image_list {
 public:
  explicit image_folder(std::filesystem::path root) : image_list(std::move(root)) {
    std::error_code problem;
    const std::filesystem::file_status status = std::filesystem::status(folder_, problem);
    if (!std::filesystem::exists(status)) throw error(folder_.string(), "no such folder", "check the path");
    if (!std::filesystem::is_directory(status))
      throw error(folder_.string(), "a file, not a folder", "give the folder that holds the images");
    std::vector<std::filesystem::path> above;
    collect(folder_, "", above);
    if (names_.empty())
      throw error(folder_.string(), "no images: looked for .png, .jpg, .jpeg, .tif and .tiff, also in subfolders",
                  "give a folder that holds some");
    std::sort(names_.begin(), names_.end());
  }

 private:
  [[noreturn]] static void fail_listing(const std::filesystem::path& folder, const std::error_code& problem) {
    throw error(folder.string(), "cannot list the folder (" + problem.message() + ")", "make it readable");
  }

  // `above` holds the folders that lead here, so that a link to one of them does not go round for ever.
  void collect(const std::filesystem::path& folder, const std::string& prefix,
               std::vector<std::filesystem::path>& above) {
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
        collect(entry->path(), prefix + name + "/", above);
      else if (is_image_name(entry->path()) && entry->is_regular_file(ignored))
        names_.push_back(prefix + name);
    }
    if (problem) fail_listing(folder, problem);
    above.pop_back();
  }
};

}  // namespace sdmae
