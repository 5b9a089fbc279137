// Pictures that are in a data set twice, or in two.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

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

/// Pairs (earliest place, later place) of equal hashes.
inline std::vector<std::pair<index, index>> repeats(const std::vector<std::uint64_t>& hashes) {
  std::vector<std::pair<index, index>> pairs = duplicates(hashes, hashes);
  std::erase_if(pairs, [](const auto& pair) { return pair.first == pair.second; });
  return pairs;
}

}  // namespace sdmae
