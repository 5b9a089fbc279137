// The two data sets of a program that learns on one and is tried on the other.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "open_tiles.hpp"
#include "report_text.hpp"
#include "sdmae/data/duplicates.hpp"
#include "sdmae/data/groups.hpp"
#include "sdmae/data/labels.hpp"
#include "stained_tiles.hpp"
#include "tile_reader.hpp"
#include "tile_selection.hpp"

namespace program {

/// A data set, and what it is called.
struct labelled_part {
  std::string path;
  std::unique_ptr<tile_source> tiles;
  std::vector<std::uint64_t> hashes;
  std::vector<sdmae::index> labels, groups;  // groups are numbered over both parts, and empty where none are known

  /// `rule`: see sdmae::groups_by_rule; empty: what the data set says itself.
  void open(const std::string& where, const std::string& rule, const reading_settings& how, const white_option& white,
            int threads) {
    path = where;
    tiles = open_tiles(path, 0, {}, how.filter, true);
    if (!rule.empty()) tiles->groups = sdmae::groups_by_rule(tiles->names(), rule);
    check_rows();
    tiles = white.applied_to(with_slide_stain(std::move(tiles), path, how.normalise_stain), path, threads);
  }

 private:
  /// What a table may lack, or say twice.
  void check_rows() const {
    std::map<std::string, std::pair<std::string, std::string>> known;  // of a name: its class and its group
    const std::vector<std::string> names = tiles->names();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string& label = tiles->labels[i];
      if (label.empty())
        throw sdmae::error(path, names[i] + " has no class", "give every row a label, or leave it out");
      const std::string group = tiles->groups.empty() ? "" : tiles->groups[i];
      if (!tiles->groups.empty() && group.empty())
        throw sdmae::error(path, names[i] + " has no group", "give every row one, or leave the column out");
      if (const auto [at, added] = known.emplace(names[i], std::pair(label, group)); !added) {
        const auto& [first, first_group] = at->second;
        if (first != label || first_group != group)
          throw sdmae::error(
              path,
              names[i] + " has two " +
                  (first != label ? "classes, " + first + " and " + label : "groups, " + first_group + " and " + group),
              "name every image once");
      }
    }
  }
};

/// Numbers the labels of what is tried on by `classes`, all of which must be there, and no others.
inline void number_labels(labelled_part& test, const std::vector<std::string>& classes) {
  test.labels = sdmae::numbered(test.tiles->labels, classes, test.path);
  for (std::size_t c = 0; c < classes.size(); ++c)
    if (std::count(test.labels.begin(), test.labels.end(), static_cast<sdmae::index>(c)) == 0)
      throw sdmae::error(test.path, "has no sample of class \"" + classes[c] + "\"",
                         "give it the classes of what was learned");
}

/// The classes of both parts, which must be the same. Numbers labels and groups.
inline std::vector<std::string> number_classes(labelled_part& train, labelled_part& test) {
  const std::vector<std::string> classes = sdmae::sorted_words(train.tiles->labels);
  if (classes.size() < 2)
    throw sdmae::error(train.path, "has one class only, \"" + classes[0] + "\"", "a classifier needs at least two");
  train.labels = sdmae::numbered(train.tiles->labels, classes, train.path);
  number_labels(test, classes);
  if (train.tiles->groups.empty() != test.tiles->groups.empty())
    throw sdmae::error(train.tiles->groups.empty() ? train.path : test.path, "names no groups, the other set does",
                       "give a column group in both tables, or --groups");
  std::vector<std::string> all = train.tiles->groups;
  all.insert(all.end(), test.tiles->groups.begin(), test.tiles->groups.end());
  const std::vector<std::string> known = sdmae::sorted_words(all);
  train.groups = sdmae::numbered(train.tiles->groups, known, train.path);
  test.groups = sdmae::numbered(test.tiles->groups, known, test.path);
  return classes;
}

/// Notes pictures of the training set that repeat earlier ones: under another class one of the two is wrong; in another
/// group, cross-validation asks about a picture that it has learned.
inline void note_repeats(const labelled_part& train, nlohmann::ordered_json& report) {
  auto pairs = sdmae::repeats(train.hashes);
  if (pairs.empty()) return;
  const auto apart = [](const std::vector<sdmae::index>& of, const auto& pair) {
    return !of.empty() && of[static_cast<std::size_t>(pair.first)] != of[static_cast<std::size_t>(pair.second)];
  };
  const auto classes = [&](const auto& pair) { return apart(train.labels, pair); };
  const auto groups = [&](const auto& pair) { return apart(train.groups, pair); };
  const auto count = [&](const auto& which) {
    return std::to_string(std::count_if(pairs.begin(), pairs.end(), which));
  };
  const std::string counts = count(classes) + " under another class, " + count(groups) + " in another group";
  std::stable_partition(pairs.begin(), pairs.end(), classes);  // the worst first
  note(report, std::to_string(pairs.size()) + " of " + std::to_string(train.labels.size()) +
                   " training images repeat earlier ones (" + counts + "), the first is " +
                   train.tiles->name(pairs[0].second) + " = " + train.tiles->name(pairs[0].first) +
                   "; keep one of each");
}

/// Slides on both sides, and pictures on both sides, which flatter every figure; pictures twice in training. All are
/// told and noted.
inline nlohmann::ordered_json overlap(const labelled_part& train, const labelled_part& test) {
  nlohmann::ordered_json found;
  const std::set<sdmae::index> known(train.groups.begin(), train.groups.end());
  const std::set<sdmae::index> asked(test.groups.begin(), test.groups.end());
  const auto shared =
      std::count_if(asked.begin(), asked.end(), [&](sdmae::index group) { return known.count(group) > 0; });
  if (test.groups.empty())
    note(found, "neighbouring tiles of one slide may lie in both sets: name slides with --groups");
  else if (shared > 0)
    note(found, std::to_string(shared) + " of " + std::to_string(asked.size()) +
                    " groups of the test set are also in the training set: figures are too good; split by slide");
  const auto pairs = sdmae::duplicates(train.hashes, test.hashes);
  if (!pairs.empty())
    note(found, std::to_string(pairs.size()) + " of " + std::to_string(test.labels.size()) +
                    " test images are also in the training set, the first is " + test.tiles->name(pairs[0].second) +
                    " = " + train.tiles->name(pairs[0].first) + "; remove them");
  note_repeats(train, found);
  found["groups"] = {{"train", known.size()}, {"test", asked.size()}, {"shared", shared}};
  found["duplicates"] = nlohmann::ordered_json::array();
  for (const auto& [first, second] : pairs)
    found["duplicates"].push_back({train.tiles->name(first), test.tiles->name(second)});
  return found;
}

}  // namespace program
