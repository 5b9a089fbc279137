// A data set that is a folder of whole slides, each cut into tiles. Needs sdmae::slide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/slide.hpp"

namespace sdmae {

/// The tiles of slide_tiles, slide after slide in the order of their names. All slides are open at once, and OpenSlide
/// keeps up to 32 MiB of each in memory. May be used from several threads at once.
class slide_folder {
 public:
  /// names: the slides' paths below `root`. Throws sdmae::error as slide_tiles does, for the first slide that cannot be
  /// cut, and when there is none.
  slide_folder(const std::filesystem::path& root, std::vector<std::string> names, const slide_settings& settings = {})
      : names_(std::move(names)) {
    if (names_.empty()) throw error(root.string(), "holds no slides", "give a folder that holds some");
    for (const std::string& name : names_) {
      slides_.emplace_back(root / name, settings);
      ends_.push_back(size() + slides_.back().size());
    }
  }

  index size() const { return ends_.empty() ? 0 : ends_.back(); }
  /// The slide's path below the folder, and where on it the tile lies: "a/b.svs@left,top".
  std::string name(index i) const {
    const auto [slide, tile] = place(i);
    const std::filesystem::path folder = std::filesystem::path(names_[slide]).parent_path();
    return (folder / slides_[slide].name(tile)).generic_string();
  }
  decoded_image load(index i) const {
    const auto [slide, tile] = place(i);
    return slides_[slide].load(tile);
  }
  /// The path below the folder of the slide that tile i is of.
  const std::string& slide_of(index i) const { return names_[place(i).first]; }

  /// A number that changes with the slides' names and sizes and with what their tiles are.
  std::uint64_t fingerprint() const {
    sdmae::fingerprint sum;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      sum.add(names_[i]);
      sum.add(slides_[i].fingerprint());
    }
    return sum.value();
  }

 private:
  // Which slide, and which of its tiles.
  std::pair<std::size_t, index> place(index i) const {
    const auto slide = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), i) - ends_.begin());
    return {slide, slide == 0 ? i : i - ends_[slide - 1]};
  }

  std::vector<std::string> names_;
  std::vector<slide_tiles> slides_;
  std::vector<index> ends_;  // of each slide, the number of tiles up to its last
};

}  // namespace sdmae
