// How exact an implementation must be: one table for all operations and scalars.
#pragma once

#include <limits>

namespace sdmae::testing {

/// Bounds on |got − expected| / max(1, max|expected|), in units of the scalar's epsilon where they are not exact. They
/// leave room for another order of summation over some hundred terms and for exp, erf and sqrt that are right to a few
/// units, not for a term that is missing.
template <class T>
struct tolerance {
  static constexpr double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());
  static constexpr double exact = 0;
  static constexpr double slices(bool give_same_bits) { return give_same_bits ? exact : sum; }
  static constexpr double sum = 32 * epsilon;
  static constexpr double long_sum = 1024 * epsilon;  // some thousand terms of one sign, one after the other
  static constexpr double layer_norm = 64 * epsilon;
  static constexpr double attention = 64 * epsilon;
  static constexpr double attention_large_scores = 2048 * epsilon;  // exp of scores near 100 keeps their rounding
  static constexpr double optimiser = 16 * epsilon;
};

}  // namespace sdmae::testing
