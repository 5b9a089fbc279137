// A slide, and beside it in grey with a color on every tile, as a PNG file. Needs the component sdmae::picture.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/cairo_page.hpp"

namespace sdmae {

/// A square of the picture, in its pixels.
struct colored_tile {
  double left = 0, top = 0, side = 0;
  std::array<std::uint8_t, 3> rgb{};
  double opacity = 1;
};

struct tile_overlay {
  std::string title;
  rgb_image picture;
  std::vector<colored_tile> tiles;
  std::vector<std::pair<std::string, std::array<std::uint8_t, 3>>> legend;
  std::string caption;  // under both, broken into lines
};

namespace detail {

class overlay_painter {
 public:
  overlay_painter(const tile_overlay& what, const std::filesystem::path& target) : what_(what), target_(target) {
    if (what.picture.rgb == nullptr || what.picture.height < 1 || what.picture.width < 1)
      throw error(target.string(), "an overlay of no picture", "give one");
    grey_.resize(static_cast<std::size_t>(what.picture.height) * static_cast<std::size_t>(what.picture.width) * 3);
    for (std::size_t i = 0; i < grey_.size(); i += 3) {
      const std::uint8_t* const p = what.picture.rgb + i;
      const int light = (77 * p[0] + 150 * p[1] + 29 * p[2]) >> 8;
      std::fill_n(grey_.begin() + static_cast<std::ptrdiff_t>(i), 3,
                  static_cast<std::uint8_t>(255 - (255 - light) / 2));
    }
  }

  void paint() {
    const double width = what_.picture.width, height = what_.picture.height;
    const bool stacked = width > 1.5 * height;
    const double x = stacked ? margin : 2 * margin + width;
    const double page_width = std::max(x + width + margin, least_width);
    const auto title = ruler_.lines(what_.title, title_style, page_width - 2 * margin);
    const auto foot = ruler_.lines(what_.caption, small_style, page_width - 2 * margin);
    const auto entries = placed_legend(page_width);
    const double top = margin + title_line * static_cast<double>(title.size());
    const double y = stacked ? top + height + margin : top;
    const double below = y + height + margin;
    const double legend_height = entries.empty() ? 0 : entries.back().y + 2 * text_line;
    cairo_page page(std::ceil(page_width),
                    std::ceil(below + legend_height + text_line * static_cast<double>(foot.size()) + margin / 2), 1,
                    target_);
    for (std::size_t i = 0; i < title.size(); ++i)
      page.text(margin, margin + 12 + title_line * static_cast<double>(i), title[i], title_style);
    page.image(margin, top, what_.picture, 1);
    page.image(x, y, {grey_.data(), what_.picture.height, what_.picture.width}, 1);
    page.clip(x, y, width, height);
    for (const colored_tile& tile : what_.tiles)
      page.rectangle(x + tile.left, y + tile.top, tile.side, tile.side, tint(tile.rgb, tile.opacity));
    page.unclip();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      page.rectangle(entries[i].x, below + entries[i].y, swatch, swatch, tint(what_.legend[i].second, 1));
      page.text(entries[i].x + swatch + 6, below + entries[i].y + 11, what_.legend[i].first, small_style);
    }
    for (std::size_t i = 0; i < foot.size(); ++i)
      page.text(margin, below + legend_height + 11 + text_line * static_cast<double>(i), foot[i], small_style);
    page.save();
  }

 private:
  static constexpr double margin = 20, text_line = 19, title_line = 26, least_width = 420, swatch = 13;
  static constexpr text_style title_style{.size = 18, .bold = true};
  static constexpr text_style small_style{.size = 13, .tint = faint_ink};

  static color tint(const std::array<std::uint8_t, 3>& rgb, double opacity) {
    return {rgb[0] / 255.0, rgb[1] / 255.0, rgb[2] / 255.0, opacity};
  }

  // Entries one after the other, in as many lines as they take.
  std::vector<cairo_page::point> placed_legend(double page_width) {
    std::vector<cairo_page::point> places;
    double x = margin, y = 0;
    for (const auto& entry : what_.legend) {
      const double needs = swatch + 6 + ruler_.width(entry.first, small_style);
      if (x > margin && x + needs > page_width - margin) x = margin, y += text_line;
      places.push_back({x, y});
      x += needs + 18;
    }
    return places;
  }

  const tile_overlay& what_;
  std::filesystem::path target_;
  text_ruler ruler_;
  std::vector<std::uint8_t> grey_;
};

}  // namespace detail

/// Draws the picture and, beside it (below a wide one), the same in pale grey under the tiles' colors; writes it to
/// `target` (PNG), whole or not at all. Throws sdmae::error for no picture, or when the file cannot be written.
inline void write_tile_overlay(const tile_overlay& what, const std::filesystem::path& target) {
  detail::overlay_painter(what, target).paint();
}

}  // namespace sdmae
