// A white page to draw on and save as PNG: the few strokes that charts and contact sheets share, over cairo.
// Needs the component sdmae::picture.
#pragma once

#include <cairo/cairo.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/io/atomic_file.hpp"

namespace sdmae {

/// 8-bit red, green, blue, rows from the top, no padding: [height, width, 3]. Not owned; null means "leave blank".
struct rgb_image {
  const std::uint8_t* rgb = nullptr;
  int height = 0;
  int width = 0;
};

namespace detail {

struct color {
  double red, green, blue, alpha = 1.0;
};

constexpr color ink{0.13, 0.13, 0.13}, faint_ink{0.40, 0.40, 0.40}, grid_ink{0.90, 0.90, 0.90};

/// How a text stands: its size, weight, color, and where its given position lies in it (0 left, 0.5 middle, 1 right).
struct text_style {
  double size = 12;
  bool bold = false;
  color tint = ink;
  double align = 0;
  bool upward = false;  // turned by a quarter, read from below
};

/// Coordinates are in units of `scale` pixels, from the top left corner.
class cairo_page {
 public:
  cairo_page(double width, double height, double scale, const std::filesystem::path& target) : target_(target) {
    const double largest = 30000;  // cairo's images end at 32767
    if (width * scale > largest || height * scale > largest)
      throw error(target.string(),
                  "the picture would be larger than " + std::to_string(static_cast<int>(largest)) + " pixels",
                  "show fewer rows or columns, or enlarge them less");
    surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, static_cast<int>(width * scale + 0.5),
                                              static_cast<int>(height * scale + 0.5)));
    context_.reset(cairo_create(surface_.get()));
    check(cairo_status(context_.get()));
    cairo_set_source_rgb(context_.get(), 1, 1, 1);
    cairo_paint(context_.get());
    cairo_scale(context_.get(), scale, scale);
    cairo_set_line_cap(context_.get(), CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(context_.get(), CAIRO_LINE_JOIN_ROUND);
  }

  /// The baseline of the text begins (or is centered, or ends) at (x, y).
  void text(double x, double y, const std::string& words, const text_style& style) {
    cairo_t* to = context_.get();
    select(to, style);
    cairo_save(to);
    cairo_translate(to, x, y);
    if (style.upward) cairo_rotate(to, -1.5707963267948966);
    cairo_move_to(to, -style.align * advance(to, words), 0);
    paint(style.tint);
    cairo_show_text(to, words.c_str());
    cairo_restore(to);
  }

  void line(double x0, double y0, double x1, double y1, double width, color tint, bool dashed = false) {
    polyline({{x0, y0}, {x1, y1}}, width, tint, dashed);
  }

  struct point {
    double x, y;
  };

  /// Joins the points; a single one becomes a dot.
  void polyline(const std::vector<point>& points, double width, color tint, bool dashed = false) {
    if (points.empty()) return;
    cairo_t* to = context_.get();
    const double dashes[] = {4, 4};
    cairo_set_dash(to, dashes, dashed ? 2 : 0, 0);
    cairo_set_line_width(to, points.size() == 1 ? 2.5 * width : width);
    paint(tint);
    cairo_move_to(to, points[0].x, points[0].y);
    for (const point& p : points) cairo_line_to(to, p.x, p.y);
    cairo_stroke(to);
  }

  void rectangle(double x, double y, double width, double height, color tint) {
    cairo_rectangle(context_.get(), x, y, width, height);
    paint(tint);
    cairo_fill(context_.get());
  }

  /// Draws the image with every pixel as a square of `factor` units, its top left corner at (x, y).
  void image(double x, double y, const rgb_image& picture, int factor) {
    const std::unique_ptr<cairo_surface_t, destroy> pixels(
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height));
    check(cairo_surface_status(pixels.get()));
    unsigned char* rows = cairo_image_surface_get_data(pixels.get());
    const index stride = cairo_image_surface_get_stride(pixels.get());
    const std::uint8_t* from = picture.rgb;
    for (index r = 0; r < picture.height; ++r) {
      std::uint32_t* row = reinterpret_cast<std::uint32_t*>(rows + r * stride);
      for (index c = 0; c < picture.width; ++c, from += 3)
        row[c] = static_cast<std::uint32_t>(from[0]) << 16 | static_cast<std::uint32_t>(from[1]) << 8 | from[2];
    }
    cairo_surface_mark_dirty(pixels.get());
    cairo_t* to = context_.get();
    cairo_save(to);
    cairo_translate(to, x, y);
    cairo_scale(to, factor, factor);
    cairo_set_source_surface(to, pixels.get(), 0, 0);
    cairo_pattern_set_filter(cairo_get_source(to), CAIRO_FILTER_NEAREST);
    cairo_paint(to);
    cairo_restore(to);
  }

  void clip(double x, double y, double width, double height) {
    cairo_save(context_.get());
    cairo_rectangle(context_.get(), x, y, width, height);
    cairo_clip(context_.get());
  }
  void unclip() { cairo_restore(context_.get()); }

  /// Writes the page whole or not at all.
  void save() {
    std::string bytes;
    check(cairo_surface_write_to_png_stream(surface_.get(), append, &bytes));
    atomic_file file(target_);
    file.write(bytes);
    file.commit();
  }

 private:
  friend class text_ruler;
  struct destroy {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
  };

  static void select(cairo_t* to, const text_style& style) {
    cairo_select_font_face(to, "sans", CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(to, style.size);
  }

  static double advance(cairo_t* to, const std::string& words) {
    cairo_text_extents_t extents;
    cairo_text_extents(to, words.c_str(), &extents);
    return extents.x_advance;
  }

  static cairo_status_t append(void* bytes, const unsigned char* data, unsigned int size) {
    try {
      static_cast<std::string*>(bytes)->append(reinterpret_cast<const char*>(data), size);
      return CAIRO_STATUS_SUCCESS;
    } catch (const std::bad_alloc&) {  // must not travel through cairo, which is C
      return CAIRO_STATUS_NO_MEMORY;
    }
  }

  void paint(color tint) { cairo_set_source_rgba(context_.get(), tint.red, tint.green, tint.blue, tint.alpha); }

  void check(cairo_status_t status) const {
    if (status == CAIRO_STATUS_NO_MEMORY) throw std::bad_alloc();
    if (status != CAIRO_STATUS_SUCCESS)
      throw error(target_.string(), std::string("cannot draw the picture (") + cairo_status_to_string(status) + ")",
                  "check the sizes of what is shown and that texts are UTF-8");
  }

  std::filesystem::path target_;
  std::unique_ptr<cairo_surface_t, destroy> surface_;
  std::unique_ptr<cairo_t, destroy> context_;
};

/// Measures texts before there is a page of the right size, and breaks them into lines.
class text_ruler {
 public:
  double width(const std::string& words, const text_style& style) {
    cairo_page::select(page_.context_.get(), style);
    return cairo_page::advance(page_.context_.get(), words);
  }

  /// The words in lines no wider than `limit`, if single words allow that.
  std::vector<std::string> lines(const std::string& words, const text_style& style, double limit) {
    std::vector<std::string> result;
    std::string line;
    for (std::size_t begin = 0; begin < words.size();) {
      const std::size_t end = words.find_first_of(" \n", begin);
      const std::string word = words.substr(begin, end - begin);
      const std::string longer = line.empty() ? word : line + " " + word;
      if (line.empty() || width(longer, style) <= limit) {
        line = longer;
      } else {
        result.push_back(line);
        line = word;
      }
      begin = end == std::string::npos ? words.size() : end + 1;
      if (end != std::string::npos && words[end] == '\n') result.push_back(std::exchange(line, {}));
    }
    if (!line.empty()) result.push_back(line);
    return result;
  }

 private:
  cairo_page page_{1, 1, 1, "picture"};
};

}  // namespace detail
}  // namespace sdmae
