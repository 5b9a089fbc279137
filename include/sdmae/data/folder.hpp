// A data set that is a folder of image files, with or without subfolders.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/file_list.hpp"
#include "sdmae/data/image_list.hpp"

namespace sdmae {

/// Whether a file is called as images are that data sets read: .png, .jpg, .jpeg, .tif, .tiff, .bmp, in any case.
inline bool is_image_name(const std::filesystem::path& path) {
  return ends_in(path, {".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"});
}

/// Whether a file is called as slides alone are; those called .tif or .tiff may be slides, too, see is_whole_slide.
inline bool is_slide_name(const std::filesystem::path& path) {
  return ends_in(path, {".svs", ".ndpi", ".mrxs", ".scn", ".bif", ".svslide", ".czi"});
}

/// Every file below a folder that is called as images are. Sample i is the i-th of files_below. The list is made once,
/// by the constructor, which throws an sdmae::error when the folder is missing, unreadable or holds no such file. May
/// be used from several threads at once.
class image_folder : public image_list {
 public:
  explicit image_folder(const std::filesystem::path& root) : image_folder(root, files_below(root, is_image_name)) {}
  /// Of files below the folder that are known already.
  image_folder(std::filesystem::path root, std::vector<std::string> names) : image_list(std::move(root)) {
    names_ = std::move(names);
    if (names_.empty())
      throw error(folder_.string(), "no images: looked for .png, .jpg, .jpeg, .tif, .tiff and .bmp, also in subfolders",
                  "give a folder that holds some");
  }
};

}  // namespace sdmae
