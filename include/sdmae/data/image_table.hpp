// A data set that is a table of image files: path, and where they are known label and group. Needs sdmae::image.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/csv.hpp"
#include "sdmae/data/image_list.hpp"

namespace sdmae {

/// A CSV file with a column "path" (relative to the file's folder, or absolute) and, in any order, "label" and "group"
/// (a slide, a patient); other columns are ignored. Sample i is row i. The constructor throws an sdmae::error when
/// there is no such column, or when a row names a file that is not there. May be used from several threads at once.
class image_table : public image_list {
 public:
  explicit image_table(const std::filesystem::path& path) : image_list(path.parent_path()) {
    const csv_table table = read_csv(path, {"path"});
    const auto column = table.column("path");
    std::string absent;
    index count = 0;
    for (const auto& row : table.rows) {
      names_.push_back(row[*column]);
      std::error_code ignored;
      if (std::filesystem::is_regular_file(folder_ / names_.back(), ignored)) continue;
      if (count++ == 0) absent = names_.back();
    }
    if (count > 0)
      throw error(path.string(), std::to_string(count) + " of its files are not there, the first is " + absent,
                  "paths are relative to the folder of the table");
    labels_ = all_of(table, "label");
    groups_ = all_of(table, "group");
  }

  /// One for each sample, or none where the table has no such column.
  const std::vector<std::string>& labels() const { return labels_; }
  const std::vector<std::string>& groups() const { return groups_; }

 private:
  static std::vector<std::string> all_of(const csv_table& table, const std::string& name) {
    std::vector<std::string> values;
    if (const auto column = table.column(name))
      for (const auto& row : table.rows) values.push_back(row[*column]);
    return values;
  }

  std::vector<std::string> labels_, groups_;
};

}  // namespace sdmae
