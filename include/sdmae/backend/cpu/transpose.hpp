// Squares of values turned over in vector registers.
#pragma once

#include <cstring>
#include <utility>

#include "sdmae/backend/cpu/shuffle.hpp"
#include "sdmae/backend/cpu/tile.hpp"

namespace sdmae::cpu {

namespace detail {

/// Swaps the values of `a` whose lane has the bit `Step` with those of `b` whose lane has it not.
template <int Step, class Vector, int... Lane>
void swap_lanes(Vector& a, Vector& b, std::integer_sequence<int, Lane...>) {
  constexpr int lanes = sizeof...(Lane);
  const Vector low = shuffled<((Lane & Step) != 0 ? lanes + Lane - Step : Lane)...>(a, b);
  const Vector high = shuffled<((Lane & Step) != 0 ? lanes + Lane : Lane + Step)...>(a, b);
  a = low;
  b = high;
}

/// Eklundh's transposition: halves of the square change places, then quarters, down to single values.
template <int Step, class Vector, int Lanes>
void transpose_registers(Vector (&square)[Lanes]) {
  if constexpr (Step > 0) {
    SDMAE_UNROLL_ON_HOST
    for (int i = 0; i < Lanes; ++i)
      if ((i & Step) == 0) swap_lanes<Step>(square[i], square[i + Step], std::make_integer_sequence<int, Lanes>{});
    transpose_registers<Step / 2>(square);
  }
}

}  // namespace detail

/// to[k·to_row + j] = from[j·from_row + k] for `lanes` rows and columns, lanes = tile<T>::lanes.
template <class T>
void transpose_square(const T* from, index from_row, T* to, index to_row) {
  typedef T vec __attribute__((vector_size(tile<T>::vector_bytes)));
  constexpr int lanes = tile<T>::lanes;
  vec square[lanes];
  SDMAE_UNROLL_ON_HOST
  for (int j = 0; j < lanes; ++j) std::memcpy(&square[j], from + j * from_row, sizeof(vec));
  detail::transpose_registers<lanes / 2>(square);
  SDMAE_UNROLL_ON_HOST
  for (int k = 0; k < lanes; ++k) std::memcpy(to + k * to_row, &square[k], sizeof(vec));
}

}  // namespace sdmae::cpu
