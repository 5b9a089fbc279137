// Of how many groups, slides, the images of a class are, and what follows for intervals.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"

namespace program {

/// Of how many groups the samples with a label are; without groups every sample is one.
inline sdmae::index count_groups_of(sdmae::index label, const std::vector<sdmae::index>& labels,
                                    const std::vector<sdmae::index>& groups) {
  std::set<sdmae::index> found;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == label) found.insert(groups.empty() ? static_cast<sdmae::index>(i) : groups[i]);
  return static_cast<sdmae::index>(found.size());
}

/// What is to be known of intervals: that no slides are known, or which classes are of so few that a bootstrap over
/// slides has little to draw from.
inline std::vector<std::string> group_notes(const std::vector<sdmae::index>& labels,
                                            const std::vector<sdmae::index>& groups,
                                            const std::vector<std::string>& classes) {
  if (groups.empty())
    return {
        "no groups are known: intervals take tiles for independent, and are too narrow where several come from one "
        "slide"};
  constexpr sdmae::index enough = 5;
  std::string few;
  for (std::size_t c = 0; c < classes.size(); ++c)
    if (const sdmae::index count = count_groups_of(static_cast<sdmae::index>(c), labels, groups); count < enough)
      few += (few.empty() ? "" : ", ") + std::to_string(count) + " of class \"" + classes[c] + "\"";
  if (few.empty()) return {};
  return {"few groups, and intervals hardly tell how others would change the figures: " + few};
}

}  // namespace program
