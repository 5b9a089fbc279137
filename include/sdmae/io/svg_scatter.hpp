// Points of several classes in a plane, as SVG to be put into a page.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/io/html_report.hpp"

namespace sdmae {

struct scatter_point {
  double x = 0, y = 0;
  index kind = 0;     // of `kinds`
  std::string title;  // shown when pointed at
};

struct scatter {
  std::string says;  // what it shows, for who cannot see it
  std::string x_label, y_label;
  std::vector<std::string> kinds;  // names for the legend
  std::vector<scatter_point> points;
};

namespace detail {
/// Okabe and Ito's colors, told apart by all eyes.
inline const char* kind_color(index kind) {
  constexpr const char* colors[] = {"#0072B2", "#E69F00", "#009E73", "#CC79A7",
                                    "#D55E00", "#56B4E9", "#F0E442", "#000"};
  return colors[static_cast<std::size_t>(kind) % 8];
}
}  // namespace detail

/// Both axes have one scale. A point that is not finite is left out.
inline std::string svg_scatter(const scatter& what) {
  constexpr double side = 480, margin = 36, legend = 180;
  double low_x = INFINITY, low_y = INFINITY, extent = 1e-30;
  const auto is_finite = [](const scatter_point& p) { return std::isfinite(p.x) && std::isfinite(p.y); };
  for (const auto& p : what.points)
    if (is_finite(p)) low_x = std::min(low_x, p.x), low_y = std::min(low_y, p.y);
  for (const auto& p : what.points)
    if (is_finite(p)) extent = std::max({extent, p.x - low_x, p.y - low_y});
  char text[256];
  std::snprintf(text, sizeof text, "<svg role=\"img\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\">",
                side + 2 * margin + legend, side + 2 * margin, side + 2 * margin + legend, side + 2 * margin);
  std::string out = text;
  out += "<title>" + html_text(what.says) + "</title>\n";
  std::snprintf(text, sizeof text,
                "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"#fff\" stroke=\"#bbb\"/>\n", margin, margin,
                side, side);
  out += text;
  for (const auto& p : what.points) {
    if (!is_finite(p)) continue;
    std::snprintf(text, sizeof text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\" fill-opacity=\".6\">",
                  margin + 8 + (side - 16) * (p.x - low_x) / extent,
                  margin + side - 8 - (side - 16) * (p.y - low_y) / extent, detail::kind_color(p.kind));
    out += text + (p.title.empty() ? std::string() : "<title>" + html_text(p.title) + "</title>") + "</circle>\n";
  }
  const auto write = [&](double x, double y, const std::string& more, const std::string& words) {
    std::snprintf(text, sizeof text,
                  "<text x=\"%g\" y=\"%g\" font-size=\"13\" font-family=\"sans-serif\" fill=\"#222\"%s>", x, y,
                  more.c_str());
    out += text + html_text(words) + "</text>\n";
  };
  write(margin, side + 2 * margin - 12, "", what.x_label);
  write(margin - 12, margin + side, " transform=\"rotate(-90 24 516)\"", what.y_label);
  for (std::size_t k = 0; k < what.kinds.size(); ++k) {
    const double y = margin + 12 + 20 * static_cast<double>(k);
    std::snprintf(text, sizeof text, "<circle cx=\"%g\" cy=\"%g\" r=\"5\" fill=\"%s\"/>\n", side + margin + 18, y - 4,
                  detail::kind_color(static_cast<index>(k)));
    out += text;
    write(side + margin + 30, y, "", what.kinds[k]);
  }
  return out + "</svg>\n";
}

}  // namespace sdmae
