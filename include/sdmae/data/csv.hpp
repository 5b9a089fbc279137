// Tables of text: RFC 4180, the first line names the columns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"

namespace sdmae {

namespace detail {

// Reads fields from a text; quotes keep commas, line ends and doubled quotes.
class csv_reader {
 public:
  explicit csv_reader(const std::string& text) : text_(text) {
    if (text_.rfind("\xEF\xBB\xBF", 0) == 0) next_ = 3;  // a byte order mark, as spreadsheets write
  }

  /// The fields of the next line that is not empty; nothing at the end, or where a quote is never closed.
  std::optional<std::vector<std::string>> line() {
    while (next_ < text_.size() && (text_[next_] == '\n' || text_[next_] == '\r')) ++next_;
    if (next_ >= text_.size()) return std::nullopt;
    std::vector<std::string> fields{field()};
    while (next_ < text_.size() && text_[next_] == ',') {
      ++next_;
      fields.push_back(field());
    }
    return fields;
  }
  bool unclosed() const { return unclosed_; }

 private:
  std::string field() {
    std::string found;
    if (next_ >= text_.size() || text_[next_] != '"') {
      while (next_ < text_.size() && text_[next_] != ',' && text_[next_] != '\n' && text_[next_] != '\r')
        found += text_[next_++];
      return found;
    }
    for (++next_; next_ < text_.size(); ++next_) {
      if (text_[next_] != '"') {
        found += text_[next_];
      } else if (next_ + 1 < text_.size() && text_[next_ + 1] == '"') {
        found += text_[++next_];
      } else {
        ++next_;
        return found;
      }
    }
    unclosed_ = true;
    return found;
  }

  const std::string& text_;
  std::size_t next_ = 0;
  bool unclosed_ = false;
};

}  // namespace detail

/// A field as it must stand in a table.
inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// Rows of text, all as long as `columns`.
struct csv_table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// The number of a column, or nothing.
  std::optional<std::size_t> column(const std::string& name) const {
    const auto place = std::find(columns.begin(), columns.end(), name);
    if (place == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(place - columns.begin());
  }
};

/// Throws sdmae::error for a file that cannot be read, that lacks one of the columns `needed` (`remedy`: what to give
/// instead), names a column twice, has no rows, or rows of another length than the first line.
inline csv_table read_csv(const std::filesystem::path& path, const std::vector<std::string>& needed = {},
                          const std::string& remedy = "the first line names the columns: path,label,group") {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) throw error(path.string(), "cannot be read", "check the path");
  detail::csv_reader reader(text);
  csv_table table;
  if (auto names = reader.line()) table.columns = std::move(*names);
  for (const std::string& name : needed)  // before lengths: what is no table has none
    if (!table.column(name) && !text.empty()) throw error(path.string(), "has no column " + name, remedy);
  for (auto name = table.columns.begin(); name != table.columns.end(); ++name)
    if (!name->empty() && std::find(table.columns.begin(), name, *name) != name)  // spreadsheets leave columns nameless
      throw error(path.string(), "has two columns " + *name, "give each column a name of its own");
  while (auto row = reader.line()) {
    table.rows.push_back(std::move(*row));
    if (table.rows.back().size() != table.columns.size())
      throw error(path.string(),
                  "row " + std::to_string(table.rows.size()) + " has " + std::to_string(table.rows.back().size()) +
                      " fields, the first line " + std::to_string(table.columns.size()),
                  "put quotes around fields with commas");
  }
  if (reader.unclosed()) throw error(path.string(), "a quote is never closed", "close it, or double it");
  if (table.rows.empty()) throw error(path.string(), "has no rows", "give it a row for each image");
  return table;
}

}  // namespace sdmae
