// Cutting a data set into parts without tearing slides apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/eval/confusion.hpp"

namespace sdmae::eval {

namespace detail {

// One group's samples, and how many of them are of each class.
struct counted_group {
  std::vector<std::size_t> samples;
  std::vector<double> classes;
};

inline std::vector<counted_group> count_groups(std::span<const index> labels, std::span<const index> groups,
                                               index classes) {
  std::map<index, counted_group> found;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    counted_group& group = found[groups.empty() ? static_cast<index>(i) : groups[i]];
    group.classes.resize(static_cast<std::size_t>(classes));
    group.samples.push_back(i);
    group.classes[static_cast<std::size_t>(labels[i])] += 1;
  }
  std::vector<counted_group> list;
  for (auto& [name, group] : found) list.push_back(std::move(group));
  return list;
}

// How unevenly the classes would lie: Σ over classes and parts of (share of the class in the part)²/(size of the part),
// which is least where every part holds its size's share of every class.
inline double unevenness(const std::vector<std::vector<double>>& parts, const std::vector<double>& totals,
                         const std::vector<double>& sizes) {
  double sum = 0;
  for (std::size_t p = 0; p < parts.size(); ++p)
    for (std::size_t c = 0; c < totals.size(); ++c)
      sum += parts[p][c] / totals[c] * (parts[p][c] / totals[c]) / sizes[p];
  return sum;
}

}  // namespace detail

/// The part 0, 1, … of each sample, of parts whose sizes stand in these proportions. A group lies in one part; each
/// class is dealt out as evenly as its groups allow: groups go, the largest first and equal ones in random order, where
/// they leave the classes most even. Without groups every sample is one. All classes must occur, all sizes be positive.
inline std::vector<index> group_parts(std::span<const index> labels, std::span<const index> groups, index classes,
                                      const std::vector<double>& sizes, std::uint64_t seed) {
  std::vector<detail::counted_group> list = detail::count_groups(labels, groups, classes);
  random_sequence random(seed, stream::folds);
  shuffle(list.data(), static_cast<index>(list.size()), random);
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.samples.size() > b.samples.size(); });
  std::vector<double> totals(static_cast<std::size_t>(classes));
  for (const index label : labels) totals[static_cast<std::size_t>(label)] += 1;
  std::vector<std::vector<double>> held(sizes.size(), std::vector<double>(totals.size()));
  std::vector<index> part_of(labels.size());
  const auto give = [&](std::size_t part, const detail::counted_group& group, double sign) {
    for (std::size_t c = 0; c < totals.size(); ++c) held[part][c] += sign * group.classes[c];
  };
  for (const detail::counted_group& group : list) {
    std::size_t best = 0;
    double least = -1;
    for (std::size_t part = 0; part < held.size(); ++part) {
      give(part, group, 1);
      const double uneven = detail::unevenness(held, totals, sizes);
      give(part, group, -1);
      if (least < 0 || uneven < least) {
        least = uneven;
        best = part;
      }
    }
    give(best, group, 1);
    for (const std::size_t i : group.samples) part_of[i] = static_cast<index>(best);
  }
  return part_of;
}

/// The fold 0, …, count − 1 of each sample: parts of equal size, see group_parts.
inline std::vector<index> group_folds(std::span<const index> labels, std::span<const index> groups, index classes,
                                      index count, std::uint64_t seed) {
  return group_parts(labels, groups, classes, std::vector<double>(static_cast<std::size_t>(count), 1.0), seed);
}

/// How many groups there are: samples where none are named.
inline index count_groups(std::span<const index> labels, std::span<const index> groups) {
  if (groups.empty()) return static_cast<index>(labels.size());
  std::vector<index> sorted(groups.begin(), groups.end());
  std::sort(sorted.begin(), sorted.end());
  return std::unique(sorted.begin(), sorted.end()) - sorted.begin();
}

}  // namespace sdmae::eval
