// Horizontal bars as a PNG file, each beside a floor that it could come down to. Needs the component sdmae::picture.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/io/cairo_page.hpp"

namespace sdmae {

struct bar {
  std::string name;
  double value = 0, floor = 0;
  std::string note;  // written after the bar
};

/// A line a bar, as they come; lengths share one scale. The part up to the floor is dark, what lies above it is light.
struct bar_chart {
  std::string title;
  std::string dark, light;  // what the two parts are, for the legend
  std::vector<bar> bars;
  double width = 760;  // in points; the file has two pixels a point
};

/// Writes the file whole or not at all. Throws sdmae::error when it cannot be drawn or written.
inline void draw_bars(const bar_chart& chart, const std::filesystem::path& target) {
  using namespace detail;
  constexpr double row = 24, top = 62, gap = 8;
  constexpr color floor_tint{0.00, 0.45, 0.70}, above_tint{0.34, 0.71, 0.91, 0.55};
  text_ruler ruler;
  double names = 0, notes = 0, largest = 0;
  for (const bar& each : chart.bars) {
    names = std::max(names, ruler.width(each.name, {}));
    notes = std::max(notes, ruler.width(each.note, {}));
    largest = std::max({largest, each.value, each.floor});
  }
  const double left = 16 + names + gap, unit = largest > 0 ? (chart.width - left - notes - gap - 16) / largest : 0;
  cairo_page page(chart.width, top + row * static_cast<double>(chart.bars.size()) + 12, 2, target);
  page.text(16, 24, chart.title, {.size = 14, .bold = true});
  double x = left;
  for (const auto& [tint, words] : {std::pair{floor_tint, chart.dark}, std::pair{above_tint, chart.light}}) {
    page.rectangle(x, 37, 11, 11, tint);
    page.text(x + 16, 47, words, {.tint = faint_ink});
    x += 16 + ruler.width(words, {}) + 24;
  }
  double y = top;
  for (const bar& each : chart.bars) {
    const double floor = std::min(each.floor, each.value);
    page.text(left - gap, y + 15, each.name, {.align = 1});
    page.rectangle(left, y + 4, floor * unit, row - 9, floor_tint);
    page.rectangle(left + floor * unit, y + 4, (each.value - floor) * unit, row - 9, above_tint);
    page.text(left + each.value * unit + gap, y + 15, each.note, {.tint = faint_ink});
    y += row;
  }
  page.save();
}

}  // namespace sdmae
