// Covering arrays: few combinations of options, among which every pair of options occurs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pairwise {

/// Nothing excludes anything.
struct unrestricted {
  template <int Factors>
  constexpr void operator()(int (&)[Factors]) const {}
};

/// Rows of one level for each of `Factors` factors. Built greedily: each row starts at random and is moved, factor by
/// factor, to the level that brings most pairs that no row before it has. `Truth` says what a combination is in truth:
/// given a row, it puts other levels where one option decides another, and -1 where it has none. Only true pairs count.
/// Level 0 of all factors excludes nothing. `state`: of the random numbers; some need fewer rows than others.
template <int Rows, int Factors, class Truth = unrestricted>
class covering_rows {
 public:
  static constexpr int most = 6;  // levels of a factor
  int row[Rows][Factors] = {};    // true levels

  /// levels[f]: how many factor f has.
  constexpr covering_rows(const int (&levels)[Factors], std::uint32_t state) {
    for (int r = 0; r < Rows; ++r) {
      int(&c)[Factors] = row[r];
      for (int f = 0; f < Factors; ++f) c[f] = int(((state = state * 1664525u + 1013904223u) >> 16) % levels[f]);
      for (int step = 0; step < 2 * Factors; ++step) improve(c, step % Factors, levels[step % Factors]);
      Truth{}(c);
      for (int a = 0; a < Factors; ++a)
        for (int b = 0; b < Factors; ++b)
          if (c[a] >= 0 && c[b] >= 0) seen_[a][c[a]][b][c[b]] = true;
    }
  }

  /// For every two factors and a level of each that can meet: does some row have both?
  constexpr bool every_pair_occurs(const int (&levels)[Factors]) const {
    for (int a = 0; a < Factors; ++a)
      for (int b = 0; b < a; ++b)
        for (int i = 0; i < levels[a]; ++i)
          for (int j = 0; j < levels[b]; ++j)
            if (!seen_[a][i][b][j] && can_meet(a, i, b, j)) return false;
    return true;
  }

 private:
  constexpr void improve(int (&c)[Factors], int f, int levels) const {
    int best = news(c, f), kept = c[f];
    for (int level = 0; level < levels; ++level) {
      c[f] = level;
      const int found = news(c, f);
      if (found > best) best = found, kept = level;
    }
    c[f] = kept;
  }

  /// New pairs of factor f's level with the others'.
  constexpr int news(const int (&c)[Factors], int f) const {
    int t[Factors] = {}, count = 0;
    for (int other = 0; other < Factors; ++other) t[other] = c[other];
    Truth{}(t);
    if (t[f] < 0) return 0;
    for (int other = 0; other < Factors; ++other)
      count += other == f || t[other] < 0 || seen_[f][t[f]][other][t[other]] ? 0 : 1;
    return count;
  }

  static constexpr bool can_meet(int a, int i, int b, int j) {
    int c[Factors] = {};
    c[a] = i, c[b] = j;
    Truth{}(c);
    return c[a] == i && c[b] == j;
  }

  bool seen_[Factors][most][Factors][most] = {};
};

}  // namespace pairwise
