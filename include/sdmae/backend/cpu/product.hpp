// Products of matrices on one CPU thread: the right operand in panels as wide as a register tile.
#pragma once

#include <algorithm>

#include "sdmae/backend/cpu/tile.hpp"
#include "sdmae/core/config.hpp"

namespace sdmae::cpu {

/// Element (r, k) at data[r·row + k·depth].
template <class T>
struct left_operand {
  const T* data;
  index row, depth;
};

/// Panel p holds columns [p·width, (p + 1)·width) of the right operand, its row k at data + p·panel + k·depth.
/// `padded`: the last panel may be read to its full width.
template <class T>
struct right_operand {
  const T* data;
  index depth, panel;
  bool padded;

  /// A row-major matrix as it lies in memory.
  static right_operand plain(const T* data, index row_stride) { return {data, row_stride, tile<T>::width, false}; }
  /// What pack_columns has written.
  static right_operand packed(const T* data, index depth) {
    return {data, tile<T>::width, depth * tile<T>::width, true};
  }
};

/// Values that pack_columns writes.
template <class T>
constexpr index packed_columns(index columns, index depth) {
  constexpr index width = tile<T>::width;
  return (columns + width - 1) / width * width * depth;
}

/// Writes the panels of the matrix whose column c starts at data + c·column and goes on in steps of `depth_stride`; the
/// missing columns of the last panel are zero.
template <class T>
void pack_columns(const T* data, index columns, index depth, index column, index depth_stride, T* to) {
  constexpr index width = tile<T>::width;
  for (index first = 0; first < columns; first += width)
    for (index k = 0; k < depth; ++k)
      for (index j = 0; j < width; ++j) {
        const index c = first + j;
        *to++ = c < columns ? data[c * column + k * depth_stride] : T(0);
      }
}

namespace detail {

/// A panel that cannot be read to its full width is copied, some rows at a time.
template <class T>
void multiply_partial(int rows, index depth, const T* a, index a_row, index a_depth, const T* b, index b_depth,
                      index columns, T* sums) {
  constexpr index width = tile<T>::width, chunk = 32;
  alignas(64) T copy[chunk * width] = {};
  for (index k = 0; k < depth; k += chunk) {
    const index count = std::min(chunk, depth - k);
    for (index i = 0; i < count; ++i) std::copy_n(b + (k + i) * b_depth, columns, copy + i * width);
    multiply_tile<T>(rows, count, a + k * a_depth, a_row, a_depth, copy, width, sums);
  }
}

}  // namespace detail

/// For rows [0, rows) and columns [0, columns) of left·right: every sum starts from start(r, c) and runs over the depth
/// in ascending order; finish(r, first column, count, sums) gets a piece of a row. How the matrix is cut into tiles
/// changes no sum.
template <class T, class Start, class Finish>
void multiply(index rows, index columns, index depth, left_operand<T> left, right_operand<T> right, Start start,
              Finish finish) {
  constexpr index width = tile<T>::width, height = tile<T>::rows;
  for (index c = 0; c < columns; c += width) {
    const T* const b = right.data + c / width * right.panel;
    const index count = std::min(width, columns - c);
    for (index r = 0; r < rows; r += height) {
      alignas(64) T sums[tile<T>::size];
      const int tall = static_cast<int>(std::min(height, rows - r));
      for (index i = 0; i < tall; ++i) start(r + i, c, count, sums + i * width);
      const T* const a = left.data + r * left.row;
      if (count == width || right.padded)
        multiply_tile<T>(tall, depth, a, left.row, left.depth, b, right.depth, sums);
      else
        detail::multiply_partial<T>(tall, depth, a, left.row, left.depth, b, right.depth, count, sums);
      for (index i = 0; i < tall; ++i) finish(r + i, c, count, sums + i * width);
    }
  }
}

/// start: sums begin at zero.
template <class T>
struct from_zero {
  void operator()(index, index, index, T* sums) const { std::fill_n(sums, tile<T>::width, T(0)); }
};

/// start: sums begin at what the result holds; the unused lanes at zero.
template <class T>
struct from_memory {
  const T* result;
  index row;
  void operator()(index r, index c, index count, T* sums) const {
    std::fill_n(std::copy_n(result + r * row + c, count, sums), tile<T>::width - count, T(0));
  }
};

/// finish: sums are stored.
template <class T>
struct to_memory {
  T* result;
  index row;
  void operator()(index r, index c, index count, const T* sums) const {
    std::copy_n(sums, count, result + r * row + c);
  }
};

/// finish: y(r, c) = epilogue(r, c, sum + bias(c)); bias may be null. Full pieces have a constant length, for the
/// vectoriser.
template <class T, class Epilogue>
struct to_epilogue {
  T* result;
  index row;
  const T* bias;
  Epilogue epilogue;

  void operator()(index r, index c, index count, T* sums) const {
    constexpr index width = tile<T>::width;
    if (bias != nullptr)
      for (index j = 0; j < count; ++j) sums[j] += bias[c + j];
    T* const to = result + r * row + c;
    if (count == width)
      for (index j = 0; j < width; ++j) to[j] = epilogue(r, c + j, sums[j]);
    else
      for (index j = 0; j < count; ++j) to[j] = epilogue(r, c + j, sums[j]);
  }
};

}  // namespace sdmae::cpu
