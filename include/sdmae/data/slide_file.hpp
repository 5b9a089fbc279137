// Whole-slide images behind an owner. Needs sdmae::slide.
#pragma once

#include <openslide.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

/// A slide that is open for reading. May be used from several threads at once.
class slide_file {
 public:
  using handle = std::shared_ptr<openslide_t>;

  /// Throws sdmae::error when OpenSlide cannot open the file.
  explicit slide_file(std::filesystem::path path) : path_(std::move(path)), state_(std::make_unique<state>()) {
    std::error_code problem;
    if (!std::filesystem::exists(path_, problem)) throw error(path_.string(), "no such file", "check the path");
    hold();
  }

  /// The slide, open for as long as it is held; opened anew after close(). Throws sdmae::error where that fails.
  handle hold() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    if (handle still = state_->last.lock()) return still;
    const handle opened(openslide_open(path_.c_str()), [](openslide_t* slide) {
      if (slide != nullptr) openslide_close(slide);
    });
    if (!opened)
      throw error(path_.string(), "is no slide that OpenSlide knows, or not all of it",
                  "fetch it again, or convert it to a tiled, pyramidal TIFF");
    check(opened);
    state_->last = state_->kept = opened;
    return opened;
  }
  /// Gives back what an open slide takes, up to 32 MiB of it decoded, once nobody holds it; the next use opens it.
  void close() const {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->kept.reset();
  }

  const std::filesystem::path& path() const { return path_; }
  int levels() const { return openslide_get_level_count(hold().get()); }

  index height(int level = 0) const { return size(level).second; }
  index width(int level = 0) const { return size(level).first; }

  /// How many pixels of level 0 one of this level is wide.
  double downsample(int level) const { return openslide_get_level_downsample(hold().get(), level); }

  /// The level to shrink from: the smallest that has at least the resolution wanted. A hundredth of a pixel is granted,
  /// for levels' sizes are rounded.
  int level_for(double wanted_downsample) const {
    return std::max(0, openslide_get_best_level_for_downsample(hold().get(), wanted_downsample * 1.01));
  }

  /// µm a pixel of level 0, the mean of both directions; 0 where the file does not say.
  double microns_per_pixel() const {
    const double x = number(OPENSLIDE_PROPERTY_NAME_MPP_X), y = number(OPENSLIDE_PROPERTY_NAME_MPP_Y);
    return x > 0 && y > 0 ? (x + y) / 2 : 0;
  }

  /// A part of a level as a picture. `left` and `top` count pixels of level 0, the size those of the level. What lies
  /// outside or was not scanned is white. Throws sdmae::error when the file is damaged there.
  image8 read(int level, index left, index top, index height, index width) const {
    std::vector<std::uint32_t> pixels(static_cast<std::size_t>(height * width));
    const handle slide = hold();
    openslide_read_region(slide.get(), pixels.data(), left, top, level, width, height);
    check(slide);
    image8 picture(height, width);
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      const std::uint32_t argb = pixels[i], missing = 255 - (argb >> 24);  // premultiplied: add what lets white through
      for (std::size_t c = 0; c < 3; ++c)
        picture.pixels[i * 3 + c] = static_cast<std::uint8_t>(std::min(255u, (argb >> (16 - 8 * c) & 255u) + missing));
    }
    return picture;
  }

  /// The whole slide, its longer side at most `longest` pixels: the level next larger, one pixel of which is kept in
  /// each step.
  image8 overview(index longest) const {
    const index longer = std::max(height(), width());
    const int level = level_for(std::max(1.0, static_cast<double>(longer) / static_cast<double>(longest)));
    const index step = (std::max(height(level), width(level)) + longest - 1) / longest;
    image8 small((height(level) + step - 1) / step, (width(level) + step - 1) / step);
    for (index y = 0; y < small.height; ++y) {
      const auto top = static_cast<index>(static_cast<double>(y * step) * downsample(level));
      const image8 row = read(level, 0, top, 1, width(level));
      for (index x = 0; x < small.width; ++x) std::copy_n(row.pixels.begin() + x * step * 3, 3, small.row(y) + x * 3);
    }
    return small;
  }

 private:
  std::pair<index, index> size(int level) const {
    std::int64_t width = 0, height = 0;
    openslide_get_level_dimensions(hold().get(), level, &width, &height);
    return {static_cast<index>(width), static_cast<index>(height)};
  }

  double number(const char* property) const {
    const handle slide = hold();
    const char* const text = openslide_get_property_value(slide.get(), property);
    return text != nullptr ? std::strtod(text, nullptr) : 0;
  }

  void check(const handle& slide) const {
    if (const char* const problem = openslide_get_error(slide.get()))
      throw error(path_.string(), std::string("cannot be read (") + problem + ")",
                  "the slide is damaged: fetch it again");
  }

  struct state {
    std::mutex mutex;
    handle kept;                      // nothing after close()
    std::weak_ptr<openslide_t> last;  // which somebody may still hold then
  };

  std::filesystem::path path_;
  std::unique_ptr<state> state_;
};

/// Whether a file is a slide by its content, and not one picture, as tiles in tiled TIFF are, which OpenSlide opens,
/// too.
inline bool is_whole_slide(const std::filesystem::path& path) {
  const char* const vendor = openslide_detect_vendor(path.c_str());
  if (vendor == nullptr) return false;
  if (std::string(vendor) != "generic-tiff") return true;
  const std::unique_ptr<openslide_t, void (*)(openslide_t*)> file(openslide_open(path.c_str()), openslide_close);
  return file && openslide_get_level_count(file.get()) > 1;
}

}  // namespace sdmae
