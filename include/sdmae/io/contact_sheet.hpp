// Images side by side with captions, as a PNG file. Needs the component sdmae::picture.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/cairo_page.hpp"

namespace sdmae {

/// A grid of images: one caption above each column, one label left of each row.
struct contact_sheet {
  std::string title;
  std::vector<std::string> columns;
  std::vector<std::string> rows;  // an empty one leaves its place; all empty: no place is kept
  std::vector<rgb_image> images;  // [rows, columns]; blank where rgb is null
  std::string caption;            // under the grid, broken into lines
  int upscale = 1;                // every pixel becomes a square of this side
};

namespace detail {

class sheet_painter {
 public:
  sheet_painter(const contact_sheet& what, const std::filesystem::path& target) : sheet_(what), target_(target) {
    check();
    for (const rgb_image& image : sheet_.images) {
      cell_height_ = std::max(cell_height_, double{1} * image.height * sheet_.upscale);
      cell_width_ = std::max(cell_width_, double{1} * image.width * sheet_.upscale);
    }
    for (const std::string& label : sheet_.rows) left_ = std::max(left_, ruler_.width(label, label_style));
    left_ += left_ > 0 ? margin + gap : margin;
    for (const std::string& column : sheet_.columns) {
      captions_.push_back(ruler_.lines(column, column_style, cell_width_));
      caption_lines_ = std::max(caption_lines_, captions_.back().size());
    }
    const auto columns = static_cast<double>(sheet_.columns.size()), rows = static_cast<double>(sheet_.rows.size());
    width_ = std::max(left_ + columns * (cell_width_ + gap) - gap + margin, least_width);
    if (!sheet_.title.empty()) title_ = ruler_.lines(sheet_.title, title_style, width_ - 2 * margin);
    top_ = margin + static_cast<double>(title_.size()) * title_line + static_cast<double>(caption_lines_) * text_line;
    if (!title_.empty() && caption_lines_ > 0) top_ += gap;
    foot_ = ruler_.lines(sheet_.caption, caption_style, width_ - 2 * margin);
    height_ = top_ + rows * (cell_height_ + gap) - gap + margin;
    if (!foot_.empty()) height_ += static_cast<double>(foot_.size()) * text_line + gap;
  }

  void paint() {
    cairo_page page(std::ceil(width_), std::ceil(height_), 1, target_);
    double y = margin + 14;
    for (const std::string& line : title_) {
      page.text(margin, y, line, title_style);
      y += title_line;
    }
    for (std::size_t c = 0; c < captions_.size(); ++c) {
      // Captions of fewer lines stand low, next to their images.
      double baseline = top_ - 7 - static_cast<double>(captions_[c].size() - 1) * text_line;
      for (const std::string& line : captions_[c]) {
        page.text(x_of(c) + cell_width_ / 2, baseline, line, column_style);
        baseline += text_line;
      }
    }
    for (std::size_t r = 0; r < sheet_.rows.size(); ++r) {
      page.text(x_of(0) - gap, y_of(r) + cell_height_ / 2 + 5, sheet_.rows[r], label_style);
      for (std::size_t c = 0; c < sheet_.columns.size(); ++c) draw(page, r, c);
    }
    y = y_of(sheet_.rows.size()) + text_line;
    for (const std::string& line : foot_) {
      page.text(margin, y, line, caption_style);
      y += text_line;
    }
    page.save();
  }

 private:
  static constexpr double margin = 20, gap = 8, text_line = 19, title_line = 26, least_width = 420;
  static constexpr text_style title_style{.size = 18, .bold = true};
  static constexpr text_style column_style{.size = 14, .align = 0.5};
  static constexpr text_style label_style{.size = 13, .tint = faint_ink, .align = 1};
  static constexpr text_style caption_style{.size = 13, .tint = faint_ink};

  void check() const {
    const std::size_t expected = sheet_.rows.size() * sheet_.columns.size();
    if (expected == 0)
      throw error(target_.string(), "a contact sheet without rows or columns", "give at least one of each");
    if (sheet_.images.size() != expected)
      throw error(target_.string(),
                  std::to_string(sheet_.images.size()) + " images for " + std::to_string(sheet_.rows.size()) +
                      " rows of " + std::to_string(sheet_.columns.size()),
                  "give one image for every place; a null one leaves it blank");
    if (sheet_.upscale < 1) throw error(target_.string(), "upscale is below 1", "give 1 or more");
    for (const rgb_image& image : sheet_.images)
      if (image.rgb != nullptr && (image.height < 1 || image.width < 1))
        throw error(target_.string(), "an image has no pixels", "give its height and width, or null to leave it out");
  }

  // Whole units, so that pixels stay sharp.
  double x_of(std::size_t column) const { return std::ceil(left_) + static_cast<double>(column) * (cell_width_ + gap); }
  double y_of(std::size_t row) const { return top_ + static_cast<double>(row) * (cell_height_ + gap); }

  // Smaller images stand in the middle of their place.
  void draw(cairo_page& page, std::size_t row, std::size_t column) const {
    const rgb_image& image = sheet_.images[row * sheet_.columns.size() + column];
    if (image.rgb == nullptr) return;
    const double x = std::floor((cell_width_ - double{1} * image.width * sheet_.upscale) / 2);
    const double y = std::floor((cell_height_ - double{1} * image.height * sheet_.upscale) / 2);
    page.image(x_of(column) + x, y_of(row) + y, image, sheet_.upscale);
  }

  const contact_sheet& sheet_;
  std::filesystem::path target_;
  text_ruler ruler_;
  double cell_height_ = 0, cell_width_ = 0, left_ = 0, top_ = 0, width_ = 0, height_ = 0;
  std::vector<std::string> title_, foot_;
  std::vector<std::vector<std::string>> captions_;
  std::size_t caption_lines_ = 0;
};

}  // namespace detail

/// Draws the sheet and writes it to `target` (PNG), whole or not at all. Throws sdmae::error when the number of images
/// is not rows × columns, or when the file cannot be written.
inline void write_contact_sheet(const contact_sheet& what, const std::filesystem::path& target) {
  detail::sheet_painter(what, target).paint();
}

}  // namespace sdmae
