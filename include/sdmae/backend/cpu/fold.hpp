// Reductions of a row in an order that no number of threads changes.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "sdmae/backend/cpu/shuffle.hpp"
#include "sdmae/backend/cpu/tile.hpp"
#include "sdmae/core/config.hpp"

namespace sdmae::cpu {

/// What a fold does with two values, or with two vectors of them.
struct adding {
  template <class V>
  void operator()(V& a, const V& b) const {
    a += b;
  }
};
struct keeping_larger {
  template <class V>
  void operator()(V& a, const V& b) const {
    a = a < b ? b : a;
  }
};

namespace detail {

/// combine(v, the upper half of v), then of its lower half, down to one value in lane 0.
template <int Half, class Vector, class Combine, int... Lane>
void fold_lanes(Vector& v, const Combine& combine, std::integer_sequence<int, Lane...> lanes) {
  if constexpr (Half > 0) {
    combine(v, shuffled<((Lane + Half) % int(sizeof...(Lane)))...>(v, v));
    fold_lanes<Half / 2>(v, combine, lanes);
  }
}

}  // namespace detail

/// All of `count` values, whole vectors of them, combined in registers: combine(a, b) changes the vector a.
template <class T, class Combine>
T fold_vectors(const T* values, index count, const Combine& combine) {
  typedef T vec __attribute__((vector_size(tile<T>::vector_bytes)));
  constexpr int lanes = tile<T>::lanes;
  vec all, next;
  std::memcpy(&all, values, sizeof all);
  for (index j = lanes; j < count; j += lanes) {
    std::memcpy(&next, values + j, sizeof next);
    combine(all, next);
  }
  detail::fold_lanes<lanes / 2>(all, combine, std::make_integer_sequence<int, lanes>{});
  return all[0];
}

/// start ∘ value(0) ∘ value(1) ∘ …, as sixteen interleaved partial results and then a fixed tree: vectorisable.
template <class A, class Value, class Combine>
A fold(index width, A start, Value value, const Combine& combine) {
  constexpr index lanes = 16;
  A partial[lanes];
  std::fill_n(partial, lanes, start);
  index c = 0;
  for (; c + lanes <= width; c += lanes)
    for (index j = 0; j < lanes; ++j) combine(partial[j], value(c + j));
  for (index j = 0; j < lanes && c + j < width; ++j) combine(partial[j], value(c + j));
  return fold_vectors(partial, lanes, combine);
}

template <class A, class Value>
A fold_sum(index width, Value value) {
  return fold(width, A(0), value, adding{});
}

}  // namespace sdmae::cpu
