// Which known word a misspelt one was meant to be.
#pragma once

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace program {

/// How many letters must be inserted, deleted or replaced to make one word into the other (Levenshtein).
inline std::size_t edits(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// The known word that `word` was probably meant to be, or "" when none is near.
inline std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = 1 + word.size() / 3;
  for (const std::string& candidate : known)
    if (const std::size_t distance = edits(word, candidate); distance <= least && (best.empty() || distance < least)) {
      best = candidate;
      least = distance;
    }
  return best;
}

}  // namespace program
