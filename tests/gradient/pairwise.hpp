// Covering arrays: few combinations of options, among which every pair of options occurs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pairwise {

/// Rows of one level for each of `Factors` factors. Built greedily: each row starts at random and is moved, factor by
/// factor, to the level that brings most pairs that no row before it has.
template <int Rows, int Factors>
class covering_rows {
 public:
  static constexpr int most = 6;  // levels of a factor
  int row[Rows][Factors] = {};

  /// levels[f]: how many factor f has.
  constexpr explicit covering_rows(const int (&levels)[Factors]) {
    std::uint32_t state = 1;
    for (int r = 0; r < Rows; ++r) {
      int(&c)[Factors] = row[r];
      for (int f = 0; f < Factors; ++f) c[f] = int(((state = state * 1664525u + 1013904223u) >> 16) % levels[f]);
      for (int step = 0; step < 2 * Factors; ++step) {
        const int f = step % Factors;
        int best = news(c, f);
        for (int level = 0, kept = c[f]; level < levels[f]; ++level) {
          c[f] = level;
          const int found = news(c, f);
          if (found > best) best = found, kept = level;
          c[f] = kept;
        }
      }
      for (int a = 0; a < Factors; ++a)
        for (int b = 0; b < Factors; ++b) seen_[a][c[a]][b][c[b]] = true;
    }
  }

  /// For every two factors and a level of each: does some row have both?
  constexpr bool every_pair_occurs(const int (&levels)[Factors]) const {
    for (int a = 0; a < Factors; ++a)
      for (int b = 0; b < a; ++b)
        for (int i = 0; i < levels[a]; ++i)
          for (int j = 0; j < levels[b]; ++j)
            if (!seen_[a][i][b][j]) return false;
    return true;
  }

 private:
  /// New pairs of factor f's level with the others'.
  constexpr int news(const int (&c)[Factors], int f) const {
    int count = 0;
    for (int other = 0; other < Factors; ++other) count += other == f || seen_[f][c[f]][other][c[other]] ? 0 : 1;
    return count;
  }
  bool seen_[Factors][most][Factors][most] = {};
};

}  // namespace pairwise
