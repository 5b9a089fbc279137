// A data set that is a whole slide cut into tiles, where there is tissue. Needs sdmae::slide.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/resample.hpp"
#include "sdmae/data/slide_file.hpp"
#include "sdmae/data/tissue.hpp"

namespace sdmae {

struct slide_settings {
  double microns_per_pixel = 0.5;  // of the tiles
  index tile = 224;                // pixels a side
  double least_tissue = 0.25;      // share of a tile; pale stroma counts as glass
  double scanned_at = 0;           // µm a pixel of the slide's largest level; 0: what the file says
  interpolation filter = interpolation::bilinear;
};

/// Says that a slide has no tiles, where another would with the same settings.
class no_tiles : public error {
 public:
  using error::error;
};

/// Square tiles on a grid without gaps from the slide's corner, row by row; tiles that would reach over its edge, or
/// with less tissue than asked for (see find_tissue, on an overview of at most 2,048 pixels), are left out. Each is
/// read from the level next finer than asked for and resized as resample does: neighbouring tiles meet within half a
/// pixel of that level. A resolution finer than the slide's enlarges, at most 8 times. Throws sdmae::error for a slide
/// that cannot be opened or says no µm a pixel (unless told), no_tiles for one that is smaller than a tile or has no
/// tissue. May be used from several threads at once.
class slide_tiles {
 public:
  explicit slide_tiles(std::filesystem::path path, const slide_settings& settings = {})
      : slide_(std::move(path)), settings_(settings) {
    if (!(settings.microns_per_pixel > 0) || settings.tile < 1)
      throw error("slide tiles", "of no size", "give µm a pixel and pixels a side, both positive");
    scanned_at_ = settings.scanned_at > 0 ? settings.scanned_at : slide_.microns_per_pixel();
    if (!(scanned_at_ > 0))
      throw error(where(), "the slide does not say how many µm a pixel is",
                  "tell it, if you know (--slide-mpp): 0.25 at 40x, 0.5 at 20x");
    if (scanned_at_ > 8 * settings.microns_per_pixel)
      throw error(where(), text(settings.microns_per_pixel) + " µm a pixel are less than an eighth of the slide's",
                  "it has " + text(scanned_at_) + ": ask for more");
    side_ = static_cast<double>(settings.tile) * settings.microns_per_pixel / scanned_at_;
    level_ = slide_.level_for(std::max(1.0, settings.microns_per_pixel / scanned_at_));
    read_side_ = std::max<index>(1, std::lround(side_ / slide_.downsample(level_)));
    if (read_side_ > 16384)
      throw error(where(), "has no level near " + text(settings.microns_per_pixel) + " µm a pixel",
                  "ask for a finer resolution or smaller tiles");
    place_tiles();
  }

  struct position {
    index left, top;  // in pixels of the largest level
  };

  index size() const { return static_cast<index>(tiles_.size()); }
  position at(index i) const { return tiles_[static_cast<std::size_t>(i)]; }
  std::string name(index i) const {
    return slide_.path().filename().string() + "@" + std::to_string(at(i).left) + "," + std::to_string(at(i).top);
  }

  decoded_image load(index i) const {
    const image8 part = slide_.read(level_, at(i).left, at(i).top, read_side_, read_side_);
    return {resized(part, settings_.tile, settings_.tile, settings_.filter), conversion::none};
  }

  const slide_file& slide() const { return slide_; }
  /// Pixels of the largest level that a tile is wide; the level that tiles are read from.
  double side() const { return side_; }
  int level() const { return level_; }

  /// A number that changes with the slide's name and size and with what its tiles are.
  std::uint64_t fingerprint() const {
    sdmae::fingerprint sum;
    sum.add(slide_.path().filename().string());
    for (const index number : {slide_.height(), slide_.width(), settings_.tile, size()})
      sum.add(static_cast<std::uint64_t>(number));
    for (const double number : {settings_.microns_per_pixel, scanned_at_, settings_.least_tissue})
      sum.add(std::to_string(number));
    return sum.value();
  }
  /// A number that changes when the file is written anew.
  std::uint64_t state_of_files() const { return state_of_file(slide_.path()); }

 private:
  std::string where() const { return slide_.path().string(); }
  static std::string text(double microns) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%g", microns);
    return digits;
  }

  void place_tiles() {
    const auto height = static_cast<double>(slide_.height()), width = static_cast<double>(slide_.width());
    const index rows = static_cast<index>(height / side_), columns = static_cast<index>(width / side_);
    if (rows < 1 || columns < 1)
      throw no_tiles(where(), "is smaller than a tile of " + std::to_string(std::lround(side_)) + " pixels a side",
                     "ask for a finer resolution or smaller tiles");
    const tissue_mask mask = find_tissue(slide_.overview(2048));
    if (mask.count() == 0) throw no_tiles(where(), "has no tissue: nothing on it is colored", "is it the right slide?");
    for (index row = 0; row < rows; ++row)
      for (index column = 0; column < columns; ++column) {
        const double top = static_cast<double>(row) * side_, left = static_cast<double>(column) * side_;
        if (mask.share(top / height, left / width, (top + side_) / height, (left + side_) / width) >=
            settings_.least_tissue)
          tiles_.push_back({std::lround(left), std::lround(top)});
      }
    if (tiles_.empty())
      throw no_tiles(where(),
                     "no tile holds " + std::to_string(std::lround(100 * settings_.least_tissue)) + " % tissue",
                     "ask for less tissue or smaller tiles");
  }

  slide_file slide_;
  slide_settings settings_;
  double scanned_at_ = 0, side_ = 0;
  int level_ = 0;
  index read_side_ = 0;
  std::vector<position> tiles_;
};

}  // namespace sdmae
