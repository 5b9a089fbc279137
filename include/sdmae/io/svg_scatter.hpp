// Points of several classes in a plane, as SVG to be put into a page.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/io/html_report.hpp"
#include "sdmae/io/kind_color.hpp"

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

/// Both axes have one scale; the frame is as high as its points need. A point that is not finite is left out.
inline std::string svg_scatter(const scatter& what) {
  constexpr double side = 480, margin = 36, legend = 180;
  double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
  const auto is_finite = [](const scatter_point& p) { return std::isfinite(p.x) && std::isfinite(p.y); };
  for (const auto& p : what.points)
    if (is_finite(p)) {
      low_x = std::min(low_x, p.x), high_x = std::max(high_x, p.x);
      low_y = std::min(low_y, p.y), high_y = std::max(high_y, p.y);
    }
  const double scale = (side - 16) / std::max({high_x - low_x, high_y - low_y, 1e-30});
  const double height = std::clamp(scale * (high_y - low_y) + 16, side / 2, side);
  char text[256];
  std::snprintf(text, sizeof text, "<svg role=\"img\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\">",
                side + 2 * margin + legend, height + 2 * margin, side + 2 * margin + legend, height + 2 * margin);
  std::string out = text;
  out += "<title>" + html_text(what.says) + "</title>\n";
  std::snprintf(text, sizeof text,
                "<rect x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" fill=\"#fff\" stroke=\"#bbb\"/>\n", margin, margin,
                side, height);
  out += text;
  for (const auto& p : what.points) {
    if (!is_finite(p)) continue;
    std::snprintf(text, sizeof text, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\" fill-opacity=\".6\">",
                  margin + side / 2 + scale * (p.x - (low_x + high_x) / 2),
                  margin + height / 2 - scale * (p.y - (low_y + high_y) / 2), color_text(kind_color(p.kind)).c_str());
    out += text + (p.title.empty() ? std::string() : "<title>" + html_text(p.title) + "</title>") + "</circle>\n";
  }
  const auto write = [&](double x, double y, const std::string& more, const std::string& words) {
    std::snprintf(text, sizeof text,
                  "<text x=\"%g\" y=\"%g\" font-size=\"13\" font-family=\"sans-serif\" fill=\"#222\"%s>", x, y,
                  more.c_str());
    out += text + html_text(words) + "</text>\n";
  };
  write(margin, height + 2 * margin - 12, "", what.x_label);
  char upward[64];
  std::snprintf(upward, sizeof upward, " transform=\"rotate(-90 %g %g)\"", margin - 12, margin + height);
  write(margin - 12, margin + height, upward, what.y_label);
  for (std::size_t k = 0; k < what.kinds.size(); ++k) {
    const double y = margin + 12 + 20 * static_cast<double>(k);
    std::snprintf(text, sizeof text, "<circle cx=\"%g\" cy=\"%g\" r=\"5\" fill=\"%s\"/>\n", side + margin + 18, y - 4,
                  color_text(kind_color(static_cast<index>(k))).c_str());
    out += text;
    write(side + margin + 30, y, "", what.kinds[k]);
  }
  return out + "</svg>\n";
}

}  // namespace sdmae
