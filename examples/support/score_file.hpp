// What a classifier said of test images, as a table: path,label,group, then a column for each class with its
// probability.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "number_text.hpp"
#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/data/csv.hpp"
#include "sdmae/data/labels.hpp"

namespace program {

/// A row an image.
struct score_table {
  std::vector<std::string> classes, paths, labels;
  std::vector<std::string> groups;  // slides; empty where none are known
  std::vector<double> scores;       // [images, classes]

  std::size_t size() const { return paths.size(); }

  /// The text of the file; numbers read back as the same.
  std::string text() const {
    std::string all = "path,label,group";
    for (const std::string& name : classes) all += "," + sdmae::csv_field(name);
    all += "\n";
    for (std::size_t i = 0; i < size(); ++i) {
      all += sdmae::csv_field(paths[i]) + "," + sdmae::csv_field(labels[i]) + ",";
      if (!groups.empty()) all += sdmae::csv_field(groups[i]);
      for (std::size_t c = 0; c < classes.size(); ++c) all += "," + number_text(scores[i * classes.size() + c]);
      all += "\n";
    }
    return all;
  }
};

namespace detail {

inline double probability(const std::string& text, const std::string& file, std::size_t row, const std::string& name) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !(value >= 0 && value <= 1))
    throw sdmae::error(file, "row " + std::to_string(row + 1) + " has \"" + text + "\" for class \"" + name + "\"",
                       "give probabilities, numbers from 0 to 1");
  return value;
}

inline bool named(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Every label is a class, and every class somebody's label.
inline void check_classes(const score_table& table, const std::string& file) {
  for (std::size_t row = 0; row < table.size(); ++row)
    if (!named(table.classes, table.labels[row]))
      throw sdmae::error(
          file,
          "row " + std::to_string(row + 1) + " has label \"" + table.labels[row] + "\", and there is no such column",
          "give a column for each class");
  for (const std::string& name : table.classes)
    if (!named(table.labels, name))
      throw sdmae::error(file, "has no image of class \"" + name + "\"", "judge on images of all classes");
}

}  // namespace detail

/// Reads such a file. Throws sdmae::error for one that cannot be read, lacks a column, holds anything but
/// probabilities whose sum is 1, names classes twice, or has an image of no class of its columns or a class of no
/// image.
inline score_table read_scores(const std::string& file) {
  const std::vector<std::string> first{"path", "label", "group"};
  const std::string remedy = "give a table that evaluate --scores, evaluate --held-out or finetune has written";
  const sdmae::csv_table table = sdmae::read_csv(file, first, remedy);
  if (!std::equal(first.begin(), first.end(), table.columns.begin()))
    throw sdmae::error(file, "does not begin with the columns path,label,group", remedy);
  score_table read;
  read.classes.assign(table.columns.begin() + 3, table.columns.end());
  const std::vector<std::string> known = sdmae::sorted_words(read.classes);
  if (known.size() < 2 || known.size() < read.classes.size())
    throw sdmae::error(file, "has " + std::to_string(known.size()) + " different columns after path,label,group",
                       "give one for each class, at least two");
  bool grouped = false;
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::vector<std::string>& fields = table.rows[row];
    read.paths.push_back(fields[0]);
    read.labels.push_back(fields[1]);
    read.groups.push_back(fields[2]);
    grouped = grouped || !fields[2].empty();
    double sum = 0;
    for (std::size_t c = 0; c < read.classes.size(); ++c) {
      read.scores.push_back(detail::probability(fields[3 + c], file, row, read.classes[c]));
      sum += read.scores.back();
    }
    if (std::abs(sum - 1) > 1e-3)
      throw sdmae::error(file, "row " + std::to_string(row + 1) + " has probabilities whose sum is " + number_text(sum),
                         "give each class's share of 1");
  }
  if (!grouped) read.groups.clear();
  detail::check_classes(read, file);
  return read;
}

/// The rows of other groups than `left_out`. Throws sdmae::error that names the file for a group that no row is of, and
/// where a class is left without an image.
inline score_table without_groups(const score_table& all, const std::vector<std::string>& left_out,
                                  const std::string& file) {
  if (left_out.empty()) return all;
  for (const std::string& group : left_out)
    if (group.empty() || !detail::named(all.groups, group))
      throw sdmae::error(file, "has no group \"" + group + "\"", "name what stands in its column group");
  score_table kept;
  kept.classes = all.classes;
  const auto classes = static_cast<std::ptrdiff_t>(all.classes.size());
  for (std::size_t row = 0; row < all.size(); ++row) {
    if (detail::named(left_out, all.groups[row])) continue;
    kept.paths.push_back(all.paths[row]);
    kept.labels.push_back(all.labels[row]);
    kept.groups.push_back(all.groups[row]);
    const auto scores = all.scores.begin() + static_cast<std::ptrdiff_t>(row) * classes;
    kept.scores.insert(kept.scores.end(), scores, scores + classes);
  }
  detail::check_classes(kept, file + " without what is left out");
  return kept;
}

}  // namespace program
