// The innermost kernel of the CPU's products: a tile of sums held in vector registers.
#pragma once

#include <array>
#include <cstring>
#include <utility>

#include "sdmae/core/config.hpp"

namespace sdmae::cpu {

/// Register tile of this instruction set: `rows` × two vectors of sums, which with two vectors of the right operand and
/// a broadcast fill the register file without spilling.
template <class T>
struct tile {
#if defined(__AVX512F__)
  static constexpr int vector_bytes = 64, rows = 14;  // 32 registers
#elif defined(__AVX__)
  static constexpr int vector_bytes = 32, rows = 6;  // 16 registers
#elif defined(__aarch64__)
  static constexpr int vector_bytes = 16, rows = 12;  // 32 registers
#else
  static constexpr int vector_bytes = 16, rows = 6;  // 16 registers
#endif
  static constexpr int lanes = vector_bytes / int(sizeof(T));
  static constexpr int width = 2 * lanes;
  static constexpr int size = rows * width;
};

/// What later tiles read: rows of the panel of the right operand that comes next, and the rows beside c (of the same
/// distance) that an epilogue takes with the tile below this one.
template <class T>
struct coming_lines {
  const T* panel = nullptr;
  index panel_row = 0, panel_rows = 0;
  const T* beside = nullptr;
};

/// What a tile's sums are to what the result holds: written over it, added to it, or begun from it.
enum class into { stored, added, continued };

namespace detail {

/// c[i][j] = Σ_k a[i·a_row + k·a_depth]·b[k·b_depth + j], started from c[i][j] if continued, else from 0, one
/// multiply-add after the other for k = 0 … depth − 1; then c[i][j] is added if that is asked for, and bias[j] unless
/// bias is null. Meanwhile the lines
/// of the tile below and of `next` are fetched, one row with each k: all at once they would keep every line buffer
/// waiting for memory, and the operands, which are near, behind them.
template <class T, int Rows>
void multiply_rows_of_tile(index depth, const T* a, index a_row, index a_depth, const T* b, index b_depth, T* c,
                           index c_row, into how, const T* bias, coming_lines<T> next) {
  constexpr int lanes = tile<T>::lanes;
  typedef T vec __attribute__((vector_size(tile<T>::vector_bytes)));
  // One vector at a time, and every loop unrolled, or GCC takes the sums over the stack.
  const auto load = [](const T* from) {
    vec v;
    std::memcpy(&v, from, sizeof v);
    return v;
  };
  const auto store = [](T* to, vec v) { std::memcpy(to, &v, sizeof v); };
  const auto fetch = [](const T* line) {
    __builtin_prefetch(line, 1);
    __builtin_prefetch(line + lanes, 1);
  };
  const auto fetch_far = [](const T* line) {
    __builtin_prefetch(line, 0, 2);
    __builtin_prefetch(line + lanes, 0, 2);
  };
  vec sum[Rows][2] = {};
  if (how == into::continued) {
    SDMAE_UNROLL_ON_HOST
    for (int i = 0; i < Rows; ++i) {
      sum[i][0] = load(c + i * c_row);
      sum[i][1] = load(c + i * c_row + lanes);
    }
  }
  for (index k = 0; k < depth; ++k) {
    const vec low = load(b), high = load(b + lanes);
    SDMAE_UNROLL_ON_HOST
    for (int i = 0; i < Rows; ++i) {
      const T x = a[i * a_row];
      sum[i][0] += x * low;
      sum[i][1] += x * high;
    }
    a += a_depth;
    b += b_depth;
    if (k < Rows) fetch(c + (Rows + k) * c_row);
    if (k < Rows && next.beside != nullptr) fetch(next.beside + k * c_row);
    if (k < next.panel_rows) fetch_far(next.panel + k * next.panel_row);
  }
  if (how == into::added) {
    SDMAE_UNROLL_ON_HOST
    for (int i = 0; i < Rows; ++i) {
      sum[i][0] += load(c + i * c_row);
      sum[i][1] += load(c + i * c_row + lanes);
    }
  }
  if (bias != nullptr) {
    const vec low = load(bias), high = load(bias + lanes);
    SDMAE_UNROLL_ON_HOST
    for (int i = 0; i < Rows; ++i) {
      sum[i][0] += low;
      sum[i][1] += high;
    }
  }
  SDMAE_UNROLL_ON_HOST
  for (int i = 0; i < Rows; ++i) {
    store(c + i * c_row, sum[i][0]);
    store(c + i * c_row + lanes, sum[i][1]);
  }
}

template <class T>
using tile_function = void (*)(index, const T*, index, index, const T*, index, T*, index, into, const T*,
                               coming_lines<T>);

/// One kernel for every number of rows up to the tile's, so that a remainder is summed in the same way.
template <class T, int... I>
constexpr std::array<tile_function<T>, sizeof...(I)> tile_functions(std::integer_sequence<int, I...>) {
  return {&multiply_rows_of_tile<T, I + 1>...};
}

}  // namespace detail

/// c: `rows` rows of tile::width values, c_row apart.
template <class T>
void multiply_tile(int rows, index depth, const T* a, index a_row, index a_depth, const T* b, index b_depth, T* c,
                   index c_row, into how, const T* bias = nullptr, coming_lines<T> next = {}) {
  static constexpr auto functions = detail::tile_functions<T>(std::make_integer_sequence<int, tile<T>::rows>{});
  functions[static_cast<std::size_t>(rows - 1)](depth, a, a_row, a_depth, b, b_depth, c, c_row, how, bias, next);
}

}  // namespace sdmae::cpu
