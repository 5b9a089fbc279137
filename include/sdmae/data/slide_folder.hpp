// A data set that is a folder of whole slides, each cut into tiles. Needs sdmae::slide.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/slide.hpp"

namespace sdmae {

/// The tiles of slide_tiles, slide after slide in the order of their names. Slides without a tile are left out. The 32
/// slides that were read last are open, see slide_file::close. May be used from several threads at once.
class slide_folder {
 public:
  static constexpr std::size_t most_open = 32;

  /// names: the slides' paths below `root`. cut(n) is called after each, n of them are then done. Throws sdmae::error
  /// as slide_tiles does for the first slide that cannot be opened, and where none has a tile.
  slide_folder(const std::filesystem::path& root, const std::vector<std::string>& names,
               const slide_settings& settings = {}, const std::function<void(index)>& cut = {})
      : open_(std::make_unique<recently_read>()) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      add(root, names[i], settings);
      if (cut) cut(static_cast<index>(i) + 1);
    }
    if (slides_.empty())
      throw error(root.string(), "no slide in it has tiles",
                  left_out_.empty() ? "give a folder that holds some" : left_out_[0]);
  }

  /// What there is to say of the slides without a tile, a line each.
  const std::vector<std::string>& left_out() const { return left_out_; }
  index size() const { return ends_.empty() ? 0 : ends_.back(); }
  /// The slide's path below the folder, and where on it the tile lies: "a/b.svs@left,top".
  std::string name(index i) const {
    const auto [slide, tile] = place(i);
    const std::filesystem::path folder = std::filesystem::path(names_[slide]).parent_path();
    return (folder / slides_[slide].name(tile)).generic_string();
  }
  decoded_image load(index i) const {
    const auto [slide, tile] = place(i);
    const slide_file::handle held = hold(slide);
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
  /// A number that changes when one of the files is written anew.
  std::uint64_t state_of_files() const {
    sdmae::fingerprint sum;
    for (const slide_tiles& slide : slides_) sum.add(slide.state_of_files());
    return sum.value();
  }

 private:
  // Which slide, and which of its tiles.
  std::pair<std::size_t, index> place(index i) const {
    const auto slide = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), i) - ends_.begin());
    return {slide, slide == 0 ? i : i - ends_[slide - 1]};
  }

  void add(const std::filesystem::path& root, const std::string& name, const slide_settings& settings) {
    try {
      slides_.emplace_back(root / name, settings);
    } catch (const no_tiles& problem) {
      return left_out_.push_back(problem.what());
    }
    names_.push_back(name);
    ends_.push_back(size() + slides_.back().size());
    hold(slides_.size() - 1);
  }

  // Opens a slide, if it is not, and closes the one that has not been read for longest when there are too many.
  slide_file::handle hold(std::size_t slide) const {
    const std::lock_guard<std::mutex> lock(open_->mutex);
    std::list<std::size_t>& order = open_->order;
    order.remove(slide);
    order.push_front(slide);
    if (order.size() > most_open) {
      slides_[order.back()].slide().close();
      order.pop_back();
    }
    return slides_[slide].slide().hold();
  }

  struct recently_read {
    std::mutex mutex;
    std::list<std::size_t> order;  // the last one first
  };

  std::vector<std::string> names_, left_out_;
  std::vector<slide_tiles> slides_;
  std::unique_ptr<recently_read> open_;
  std::vector<index> ends_;  // of each slide, the number of tiles up to its last
};

}  // namespace sdmae
