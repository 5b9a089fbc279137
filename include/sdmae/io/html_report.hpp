// A report as one HTML file that needs nothing else: pictures and style lie in it, and no script.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/atomic_file.hpp"

namespace sdmae {

/// Text as HTML shows it; what is no UTF-8 becomes U+FFFD, control characters go.
inline std::string html_text(std::string_view text) {
  std::string out;
  const auto continues = [&](std::size_t i) {
    return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t more = byte < 0x80 ? 0 : byte >= 0xc2 && byte < 0xe0 ? 1 : byte >= 0xe0 && byte < 0xf0 ? 2 : 3;
    bool whole = byte < 0x80 || (byte >= 0xc2 && byte < 0xf5);
    for (std::size_t k = 1; k <= more; ++k) whole = whole && continues(i + k);
    if (byte == '&')
      out += "&amp;";
    else if (byte == '<')
      out += "&lt;";
    else if (byte == '>')
      out += "&gt;";
    else if (byte == '"')
      out += "&quot;";
    else if (byte < 0x20 && byte != '\n')
      out += ' ';
    else if (!whole)
      out += "\xef\xbf\xbd";
    else
      out += text.substr(i, more + 1), i += more;
  }
  return out;
}

/// RFC 4648.
inline std::string base64(std::string_view bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t three = 0;
    for (std::size_t k = 0; k < 3; ++k)
      three = three << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k > bytes.size() ? '=' : digits[three >> (18 - 6 * k) & 63u];
  }
  return out;
}

/// Collects parts in their order; write() puts them into a page for screen and paper, light and dark.
class html_report {
 public:
  explicit html_report(std::string title) : title_(std::move(title)) {}

  void heading(std::string_view text) { body_ += "<h2>" + html_text(text) + "</h2>\n"; }
  void paragraph(std::string_view text) { body_ += "<p>" + html_text(text) + "</p>\n"; }

  /// Rows of as many cells as `columns`; the first cell of each is its heading. Numbers stand right, `words` left.
  void table(const std::vector<std::string>& columns, const std::vector<std::vector<std::string>>& rows,
             bool words = false) {
    body_ += words ? "<table class=\"words\">\n<thead><tr>" : "<table>\n<thead><tr>";
    for (const std::string& column : columns) body_ += "<th scope=\"col\">" + html_text(column) + "</th>";
    body_ += "</tr></thead>\n<tbody>\n";
    for (const auto& row : rows) {
      body_ += "<tr>";
      for (std::size_t c = 0; c < row.size(); ++c)
        body_ += c == 0 ? "<th scope=\"row\">" + html_text(row[c]) + "</th>" : "<td>" + html_text(row[c]) + "</td>";
      body_ += "</tr>\n";
    }
    body_ += "</tbody>\n</table>\n";
  }

  /// A picture of its own, or several small ones side by side, from the bytes of PNG files; `says`: what it shows,
  /// below it and for who cannot see it.
  void picture(std::string_view png, std::string_view says) {
    body_ += "<figure>" + image(png, says) + "<figcaption>" + html_text(says) + "</figcaption></figure>\n";
  }
  void begin_gallery() { body_ += "<div class=\"gallery\">\n"; }
  void end_gallery() { body_ += "</div>\n"; }

  /// Throws sdmae::error when the file cannot be read.
  void picture_file(const std::filesystem::path& png, std::string_view says) {
    std::ifstream file(png, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    if (!file || bytes.empty()) throw error(png.string(), "cannot be read for a report", "check the disk");
    picture(bytes, says);
  }

  /// What is HTML or SVG already.
  void markup(std::string_view html) { body_ += html; }

  /// Writes the file whole or not at all.
  void write(const std::filesystem::path& target) const {
    atomic_file file(target);
    write(file);
  }

  /// Into a file that is open already, which is committed.
  void write(atomic_file& file) const {
    file.write(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
        html_text(title_) + "</title>\n<style>\n" + std::string(style) + "</style>\n</head>\n<body>\n<h1>" +
        html_text(title_) + "</h1>\n" + body_ + "</body>\n</html>\n");
    file.commit();
  }

 private:
  static std::string image(std::string_view png, std::string_view says) {
    return "<img alt=\"" + html_text(says) + "\" src=\"data:image/png;base64," + base64(png) + "\">";
  }

  static constexpr std::string_view style =
      ":root{color-scheme:light dark;--line:#8884;--soft:#8881}\n"
      "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\n"
      "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem;border-bottom:1px solid var(--line)}\n"
      "table{border-collapse:collapse;font-variant-numeric:tabular-nums;display:block;overflow-x:auto}\n"
      "th,td{padding:.25rem .75rem;border-bottom:1px solid var(--line);text-align:right}\n"
      "th[scope=row],thead th:first-child{text-align:left;font-weight:600}.words :is(td,th){text-align:left}\n"
      "tbody tr:nth-child(odd){background:var(--soft)}\n"
      "figure{margin:1rem 0}img,svg{max-width:100%;height:auto;background:#fff}\n"
      ".gallery{display:flex;flex-wrap:wrap;gap:1rem}.gallery figure{margin:0;width:9rem}.gallery img{width:100%}\n"
      "figcaption{font-size:.9rem;opacity:.8;overflow-wrap:anywhere}\n"
      "@media print{body{max-width:none}figure,table{break-inside:avoid}}\n";
  std::string title_, body_;
};

}  // namespace sdmae
