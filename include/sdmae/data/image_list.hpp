// What data sets of image files have in common: names below a folder. Needs sdmae::image.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/data/decode.hpp"
#include "sdmae/data/fingerprint.hpp"

namespace sdmae {

/// Files by name; a data set derives from it and fills in the names. May be used from several threads at once.
class image_list {
 public:
  index size() const { return static_cast<index>(names_.size()); }

  /// Path of sample i relative to the folder.
  const std::string& name(index i) const { return names_[static_cast<std::size_t>(i)]; }

  /// Decodes sample i; an sdmae::error when the file cannot be read or decoded.
  decoded_image load(index i) const { return load_image(folder_ / name(i)); }

  /// A number that changes when a file is added, removed or renamed (not when its contents change).
  std::uint64_t fingerprint() const {
    sdmae::fingerprint sum;
    sum.add(static_cast<std::uint64_t>(size()));
    for (const std::string& name : names_) sum.add(name);
    return sum.value();
  }
  /// A number that changes when one of the files is written anew.
  std::uint64_t state_of_files() const {
    sdmae::fingerprint sum;
    for (const std::string& name : names_) sum.add(state_of_file(folder_ / name));
    return sum.value();
  }

 protected:
  explicit image_list(std::filesystem::path folder) : folder_(std::move(folder)) {}
  ~image_list() = default;
  image_list(const image_list&) = default;
  image_list(image_list&&) = default;
  image_list& operator=(const image_list&) = default;
  image_list& operator=(image_list&&) = default;

  std::filesystem::path folder_;
  std::vector<std::string> names_;
};

}  // namespace sdmae
