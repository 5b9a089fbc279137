// Reductions of a row in an order that no number of threads changes.
#pragma once

#include <algorithm>

#include "sdmae/core/config.hpp"

namespace sdmae::cpu {

/// start ∘ value(0) ∘ value(1) ∘ …, as sixteen interleaved partial results and then a fixed tree: vectorisable.
template <class A, class Value, class Combine>
A fold(index width, A start, Value value, Combine combine) {
  constexpr index lanes = 16;
  A partial[lanes];
  std::fill_n(partial, lanes, start);
  index c = 0;
  for (; c + lanes <= width; c += lanes)
    for (index j = 0; j < lanes; ++j) partial[j] = combine(partial[j], value(c + j));
  for (index j = 0; j < lanes && c + j < width; ++j) partial[j] = combine(partial[j], value(c + j));
  for (index half = lanes / 2; half > 0; half /= 2)
    for (index j = 0; j < half; ++j) partial[j] = combine(partial[j], partial[j + half]);
  return partial[0];
}

template <class A, class Value>
A fold_sum(index width, Value value) {
  return fold(width, A(0), value, [](A a, A b) { return a + b; });
}

}  // namespace sdmae::cpu
