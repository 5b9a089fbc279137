// Where samples come from: the slides, or patients, that name groups of them.
#pragma once

#include <filesystem>
#include <regex>
#include <string>
#include <unordered_map>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/csv.hpp"

namespace sdmae {

/// The group of each sample, from its name. `rule` is a table with columns path and group (a name that ends in .csv),
/// or a regular expression (ECMAScript) that is looked for in the file's name without its folders: its first part in
/// parentheses, or else all that it matches, is the group: "^([^_]+)_" for <slide>_<patch>.jpeg. An expression with a /
/// is looked for in the whole name: "/([^/]+)/" for <class>/<slide>/<patch>.jpeg. Throws sdmae::error for a rule that
/// is neither, that does not know a sample, or that has two groups for one.
inline std::vector<std::string> groups_by_rule(const std::vector<std::string>& names, const std::string& rule) {
  std::vector<std::string> groups;
  if (rule.size() > 4 && rule.compare(rule.size() - 4, 4, ".csv") == 0) {
    const csv_table table = read_csv(rule, {"path", "group"}, "the first line names the columns: path,group");
    const auto path = table.column("path"), group = table.column("group");
    std::unordered_map<std::string, std::string> known;
    for (const auto& row : table.rows)
      if (const auto [at, added] = known.emplace(row[*path], row[*group]); !added && at->second != row[*group])
        throw error(rule, "has two groups for " + at->first + ", " + at->second + " and " + row[*group],
                    "name every sample once");
    for (const std::string& name : names) {
      const auto found = known.find(name);
      if (found == known.end()) throw error(rule, "has no row for " + name, "name every sample of both sets");
      groups.push_back(found->second);
    }
    return groups;
  }
  try {
    const std::regex expression(rule);
    const bool whole_name = rule.find('/') != std::string::npos;
    for (const std::string& name : names) {
      const std::string looked_at = whole_name ? name : std::filesystem::path(name).filename().string();
      std::smatch match;
      if (!std::regex_search(looked_at, match, expression))
        throw error("groups \"" + rule + "\"", "does not match " + looked_at,
                    "an example: \"^([^_]+)_\" takes what stands before the first _");
      groups.push_back(match[match.size() > 1 ? 1 : 0].str());
      if (groups.back().empty())
        throw error("groups \"" + rule + "\"", "finds nothing in " + looked_at, "let it match a character at least");
    }
  } catch (const std::regex_error& problem) {
    throw error("groups \"" + rule + "\"", std::string("is no regular expression (") + problem.what() + ")",
                "an example: \"^([^_]+)_\"");
  }
  return groups;
}

}  // namespace sdmae
