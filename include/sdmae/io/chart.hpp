// Line charts as PNG files: panels one above the other over a shared x axis. Needs the component sdmae::picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/cairo_page.hpp"
#include "sdmae/io/chart_axis.hpp"

namespace sdmae {

/// One curve. Where y is not finite there is a gap. `smoothed` draws the values thin and faint, and over them, bold,
/// a straight line fitted around every point to a twentieth of the points (at most 1,000).
struct chart_series {
  std::string name;
  std::vector<double> x, y;
  bool smoothed = false;
};

/// A dashed horizontal line with a name, something to compare the curves with.
struct chart_reference {
  std::string name;
  double y = 0;
};

struct chart_panel {
  std::string title;  // what is drawn, and its unit
  std::vector<chart_series> series;
  std::vector<chart_reference> references;
  double highest = std::numeric_limits<double>::infinity();  // what lies above is cut off: a first spike, say
};

struct chart {
  std::string title;
  std::string x_label;
  std::vector<chart_panel> panels;
  double width = 760;         // in points; the file has two pixels a point
  double panel_height = 230;  // of the plotting area
};

namespace detail {

class chart_painter {
 public:
  chart_painter(const chart& what, const std::filesystem::path& target)
      : chart_(what),
        target_(target),
        horizontal_(shared_axis()),
        left_(left_margin()),
        right_(right_margin()),
        page_(what.width, height(), 2, target) {}

  void paint() {
    if (!chart_.title.empty()) page_.text(left_, 24, chart_.title, {.size = 14, .bold = true});
    double top = header();
    for (const chart_panel& panel : chart_.panels) {
      draw(panel, top + above);
      top += above + chart_.panel_height + below;
    }
    page_.text((left_ + chart_.width - right_) / 2, height() - 12, chart_.x_label, {.size = 12, .align = 0.5});
    page_.save();
  }

 private:
  static constexpr double above = 34, below = 30;  // of a panel: its title and legend; its ticks

  // Okabe and Ito's palette: told apart with every kind of color vision.
  static color palette(std::size_t i) {
    static constexpr color colors[] = {{0.00, 0.45, 0.70}, {0.84, 0.37, 0.00}, {0.00, 0.62, 0.45},
                                       {0.80, 0.47, 0.65}, {0.90, 0.62, 0.00}, {0.34, 0.71, 0.91}};
    return colors[i % 6];
  }

  double header() const { return chart_.title.empty() ? 8 : 34; }
  double height() const {
    return header() + static_cast<double>(chart_.panels.size()) * (above + chart_.panel_height + below) + 24;
  }

  axis shared_axis() const {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const chart_panel& panel : chart_.panels)
      for (const chart_series& series : panel.series) {
        if (series.x.size() != series.y.size())
          throw error(target_.string(),
                      "series " + series.name + " has " + std::to_string(series.x.size()) + " x and " +
                          std::to_string(series.y.size()) + " y",
                      "give as many x as y");
        for (const double x : series.x)
          if (std::isfinite(x)) low = std::min(low, x), high = std::max(high, x);
      }
    return make_axis(low, high, 8);
  }

  static axis vertical_axis(const chart_panel& panel) {
    double low = std::numeric_limits<double>::infinity(), high = -low;
    const auto include = [&](double y) {
      if (std::isfinite(y)) low = std::min(low, y), high = std::max(high, std::min(y, panel.highest));
    };
    for (const chart_series& series : panel.series)
      for (const double y : series.y) include(y);
    for (const chart_reference& reference : panel.references) include(reference.y);
    axis result = make_axis(low, high, 5);
    if (low < high) {  // room, so that no curve lies on the frame; but losses do not get a negative axis
      const double room = 0.05 * (high - low);
      result.low = low >= 0 ? std::max(0.0, low - room) : low - room;
      result.high = high + room;
    }
    return result;
  }

  double left_margin() {
    double widest = 0;
    for (const chart_panel& panel : chart_.panels) {
      const axis vertical = vertical_axis(panel);
      for (const double y : ticks(vertical))
        widest = std::max(widest, ruler_.width(tick_label(y, vertical.step), {.size = 11}));
    }
    return widest + 20;
  }

  double right_margin() {
    double widest = 0;
    for (const chart_panel& panel : chart_.panels)
      for (const chart_reference& reference : panel.references)
        widest = std::max(widest, ruler_.width(reference.name, {.size = 11}));
    return widest + 20;
  }

  void draw(const chart_panel& panel, double top) {
    const axis vertical = vertical_axis(panel);
    const double right = chart_.width - right_, bottom = top + chart_.panel_height;
    const auto x_of = [&](double x) {
      return left_ + (x - horizontal_.low) / (horizontal_.high - horizontal_.low) * (right - left_);
    };
    const auto y_of = [&](double y) {
      return bottom - (y - vertical.low) / (vertical.high - vertical.low) * chart_.panel_height;
    };
    for (const double y : ticks(vertical)) {
      page_.line(left_, y_of(y), right, y_of(y), 0.75, grid_ink);
      page_.text(left_ - 8, y_of(y) + 4, tick_label(y, vertical.step), {.size = 11, .tint = faint_ink, .align = 1});
    }
    page_.line(left_, bottom, right, bottom, 0.75, faint_ink);
    for (const double x : ticks(horizontal_)) {
      page_.line(x_of(x), bottom, x_of(x), bottom + 4, 0.75, faint_ink);
      page_.text(x_of(x), bottom + 17, tick_label(x, horizontal_.step), {.size = 11, .tint = faint_ink, .align = 0.5});
    }
    draw_references(panel, right, y_of);
    page_.clip(left_ - 2, top - 2, right - left_ + 4, chart_.panel_height + 4);
    bool any = false;
    for (std::size_t i = 0; i < panel.series.size(); ++i) any |= draw(panel.series[i], palette(i), x_of, y_of);
    page_.unclip();
    if (!any) page_.text((left_ + right) / 2, (top + bottom) / 2, "no values", {.tint = faint_ink, .align = 0.5});
    draw_heading(panel, top, right);
  }

  template <class XOf, class YOf>
  bool draw(const chart_series& series, color tint, XOf x_of, YOf y_of) {
    const std::size_t half = std::min<std::size_t>(series.y.size() / 40, 500);
    if (!series.smoothed || half == 0) return stroke(series.x, series.y, 1.8, tint, x_of, y_of);
    color faint = tint;
    faint.alpha = 0.35;
    stroke(series.x, series.y, 0.8, faint, x_of, y_of);
    return stroke(series.x, smooth(series.y, half), 1.8, tint, x_of, y_of);
  }

  // Pieces between gaps; says whether there was anything to draw.
  template <class XOf, class YOf>
  bool stroke(const std::vector<double>& x, const std::vector<double>& y, double width, color tint, XOf x_of,
              YOf y_of) {
    bool any = false;
    std::vector<cairo_page::point> piece;
    for (std::size_t i = 0; i <= x.size(); ++i) {
      if (i < x.size() && std::isfinite(x[i]) && std::isfinite(y[i])) {
        piece.push_back({x_of(x[i]), y_of(y[i])});
        any = true;
      } else {
        page_.polyline(std::exchange(piece, {}), width, tint);
      }
    }
    return any;
  }

  // Their names stand in the margin, beside their lines; those that lie close are moved apart.
  template <class YOf>
  void draw_references(const chart_panel& panel, double right, YOf y_of) {
    std::vector<chart_reference> sorted = panel.references;
    std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.y > b.y; });
    double last = -1e9;
    for (const chart_reference& reference : sorted) {
      if (!std::isfinite(reference.y)) continue;
      page_.line(left_, y_of(reference.y), right, y_of(reference.y), 1, faint_ink, true);
      last = std::max(y_of(reference.y) + 4, last + 13);
      page_.text(right + 8, last, reference.name, {.size = 11, .tint = faint_ink});
    }
  }

  void draw_heading(const chart_panel& panel, double top, double right) {
    page_.text(left_, top - 12, panel.title, {.size = 12, .bold = true});
    double x = right;
    for (std::size_t i = panel.series.size(); i-- > 0;) {
      const chart_series& series = panel.series[i];
      page_.text(x, top - 12, series.name, {.size = 11, .align = 1});
      x -= ruler_.width(series.name, {.size = 11}) + 6;
      page_.line(x - 16, top - 16, x, top - 16, 2.5, palette(i));
      x -= 16 + 18;
    }
  }

  const chart& chart_;
  std::filesystem::path target_;
  text_ruler ruler_;
  axis horizontal_;
  double left_, right_;
  cairo_page page_;
};

}  // namespace detail

/// Draws the chart and writes it to `target` (PNG), whole or not at all. Throws sdmae::error when a series has not as
/// many x as y, or when the file cannot be written.
inline void write_chart(const chart& what, const std::filesystem::path& target) {
  detail::chart_painter(what, target).paint();
}

}  // namespace sdmae
