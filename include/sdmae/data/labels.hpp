// What samples are called and where they come from: classes, groups (slides, patients), duplicates.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/csv.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

/// The class of each sample of a folder with a subfolder a class: the first part of its path. Throws sdmae::error for a
/// sample that lies in no subfolder. `where` names the folder in errors.
inline std::vector<std::string> class_folders(const std::vector<std::string>& names, const std::string& where) {
  std::vector<std::string> classes;
  for (const std::string& name : names) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos)
      throw error(where, name + " lies in no class folder", "make a subfolder for each class, or give a table (.csv)");
    classes.push_back(name.substr(0, slash));
  }
  return classes;
}

/// The different words of a list, in order: whole numbers by size, before all others by their bytes.
inline std::vector<std::string> sorted_words(const std::vector<std::string>& words) {
  const auto number = [](const std::string& word) {
    return !word.empty() && word.size() < 10 && word.find_first_not_of("0123456789") == std::string::npos;
  };
  const auto before = [&](const std::string& a, const std::string& b) {
    if (number(a) != number(b)) return number(a);
    if (number(a) && std::stol(a) != std::stol(b)) return std::stol(a) < std::stol(b);
    return a < b;
  };
  std::vector<std::string> sorted = words;
  std::sort(sorted.begin(), sorted.end(), before);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

/// The place of each word in `known`. Throws sdmae::error, which names `where`, for a word that is not there.
inline std::vector<index> numbered(const std::vector<std::string>& words, const std::vector<std::string>& known,
                                   const std::string& where) {
  std::map<std::string, index> place;
  for (std::size_t i = 0; i < known.size(); ++i) place[known[i]] = static_cast<index>(i);
  std::vector<index> numbers;
  for (const std::string& word : words) {
    const auto found = place.find(word);
    if (found == place.end())
      throw error(where, "has class \"" + word + "\", which the training set lacks", "give both sets the same classes");
    numbers.push_back(found->second);
  }
  return numbers;
}

/// The group of each sample, from its name. `rule` is a table with columns path and group (a name that ends in .csv),
/// or a regular expression (ECMAScript) that is looked for in the file's name without its folders: its first part in
/// parentheses, or else all that it matches, is the group: "^([^_]+)_" for <slide>_<patch>.jpeg. Throws sdmae::error
/// for a rule that is neither, or that does not know a sample.
inline std::vector<std::string> groups_by_rule(const std::vector<std::string>& names, const std::string& rule) {
  std::vector<std::string> groups;
  if (rule.size() > 4 && rule.compare(rule.size() - 4, 4, ".csv") == 0) {
    const csv_table table = read_csv(rule);
    const auto path = table.column("path"), group = table.column("group");
    if (!path || !group) throw error(rule, "lacks column path or group", "the first line names them: path,group");
    std::unordered_map<std::string, std::string> known;
    for (const auto& row : table.rows) known[row[*path]] = row[*group];
    for (const std::string& name : names) {
      const auto found = known.find(name);
      if (found == known.end()) throw error(rule, "has no row for " + name, "name every sample of both sets");
      groups.push_back(found->second);
    }
    return groups;
  }
  try {
    const std::regex expression(rule);
    for (const std::string& name : names) {
      const std::string file = std::filesystem::path(name).filename().string();
      std::smatch match;
      if (!std::regex_search(file, match, expression))
        throw error("groups \"" + rule + "\"", "does not match " + file,
                    "an example: \"^([^_]+)_\" takes what stands before the first _");
      groups.push_back(match[match.size() > 1 ? 1 : 0].str());
    }
  } catch (const std::regex_error& problem) {
    throw error("groups \"" + rule + "\"", std::string("is no regular expression (") + problem.what() + ")",
                "an example: \"^([^_]+)_\"");
  }
  return groups;
}

/// A number that tells pictures apart by their pixels, whatever file they came from.
inline std::uint64_t content_hash(const image8& image) {
  fingerprint sum;
  sum.add(static_cast<std::uint64_t>(image.width));
  sum.add(std::string_view(reinterpret_cast<const char*>(image.pixels.data()), image.pixels.size()));
  return sum.value();
}

/// Pairs (place in `first`, place in `second`) of equal hashes: for each of `second` the earliest of `first`.
inline std::vector<std::pair<index, index>> duplicates(const std::vector<std::uint64_t>& first,
                                                       const std::vector<std::uint64_t>& second) {
  std::unordered_map<std::uint64_t, index> place;
  for (std::size_t i = 0; i < first.size(); ++i) place.emplace(first[i], static_cast<index>(i));
  std::vector<std::pair<index, index>> pairs;
  for (std::size_t i = 0; i < second.size(); ++i)
    if (const auto found = place.find(second[i]); found != place.end())
      pairs.emplace_back(found->second, static_cast<index>(i));
  return pairs;
}

}  // namespace sdmae
