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

/// What intervals do not tell: that no slides are known, or, a line for each class, that it is of one slide, of which a
/// bootstrap over slides hardly draws anything else.
inline std::vector<std::string> group_notes(const std::vector<sdmae::index>& labels,
                                            const std::vector<sdmae::index>& groups,
                                            const std::vector<std::string>& classes) {
  if (groups.empty())
    return {
        "no groups are known: intervals take tiles for independent, and are too narrow where several come from one "
        "slide"};
  std::vector<std::string> notes;
  for (std::size_t c = 0; c < classes.size(); ++c)
    if (count_groups_of(static_cast<sdmae::index>(c), labels, groups) == 1)
      notes.push_back("class \"" + classes[c] +
                      "\": all its images are of one group; intervals do not tell how other ones would change them");
  return notes;
}

}  // namespace program
