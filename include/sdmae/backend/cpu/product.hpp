// Products of matrices on one CPU thread: the right operand in panels as wide as a register tile.
#pragma once

#include <algorithm>
#include <cstring>

#include "sdmae/backend/cpu/tile.hpp"
#include "sdmae/backend/cpu/transpose.hpp"
#include "sdmae/core/config.hpp"

namespace sdmae::cpu {

/// Element (r, k) at data[r·row + k·depth].
template <class T>
struct left_operand {
  const T* data;
  index row, depth;
};

/// Row k of the right operand, columns [c, c + width) of a panel: at data + c/width·panel + k·depth. `packed`: what
/// pack_columns has written, whose last panel may be read to its full width.
template <class T>
struct right_operand {
  const T* data;
  index depth, panel;
  bool packed;

  /// The columns from `column` on, a multiple of the tile's width.
  right_operand from(index column) const { return {data + column / tile<T>::width * panel, depth, panel, packed}; }

  /// A row-major matrix as it lies in memory.
  static right_operand plain(const T* data, index row_stride) { return {data, row_stride, tile<T>::width, false}; }
  /// What pack_columns has written.
  static right_operand panels(const T* data, index depth) {
    return {data, tile<T>::width, depth * tile<T>::width, true};
  }
};

/// How products are cut so that what is read again stays in cache: a block of the left operand in the second level, a
/// panel of the right one beside it.
struct blocking {
  static constexpr index rows = 392, depth = 512, sum = 192;
  /// Values of scratch that a thread needs for its blocks and panels.
  template <class T>
  static constexpr index scratch = depth*(rows + tile<T>::rows + tile<T>::width) + rows*(64 / index(sizeof(T)));
};

/// Values that pack_columns writes.
template <class T>
constexpr index packed_columns(index columns, index depth) {
  constexpr index width = tile<T>::width;
  return (columns + width - 1) / width * width * depth;
}

namespace detail {

/// to[k·width + j] = from[j·column + k·depth_stride]: squares where values lie side by side, the rest one by one.
template <class T>
void transpose_columns(const T* from, index columns, index depth, index column, index depth_stride, T* to) {
  constexpr index width = tile<T>::width, lanes = tile<T>::lanes;
  const index whole_columns = depth_stride == 1 ? columns / lanes * lanes : 0, whole_depth = depth / lanes * lanes;
  for (index j = 0; j < whole_columns; j += lanes)
    for (index k = 0; k < whole_depth; k += lanes)
      transpose_square(from + j * column + k, column, to + k * width + j, width);
  for (index j = 0; j < columns; ++j)
    for (index k = j < whole_columns ? whole_depth : 0; k < depth; ++k)
      to[k * width + j] = from[j * column + k * depth_stride];
}

}  // namespace detail

/// Writes the panels of the matrix whose column c starts at data + c·column and goes on in steps of `depth_stride`; the
/// missing columns of the last panel are zero.
template <class T>
void pack_columns(const T* data, index columns, index depth, index column, index depth_stride, T* to) {
  constexpr index width = tile<T>::width;
  for (index first = 0; first < columns; first += width, to += depth * width) {
    const index count = std::min(width, columns - first);
    const T* const from = data + first * column;
    if (count < width) std::fill_n(to, depth * width, T(0));
    if (column == 1 && count == width)
      for (index k = 0; k < depth; ++k) std::memcpy(to + k * width, from + k * depth_stride, width * sizeof(T));
    else if (column == 1)
      for (index k = 0; k < depth; ++k) std::copy_n(from + k * depth_stride, count, to + k * width);
    else
      detail::transpose_columns(from, count, depth, column, depth_stride, to);
  }
}

namespace detail {

/// Where the part that begins at `from` ends, when what is left of `count` is cut into as few parts of at most `most`
/// as there can be, about equal.
inline index next_cut(index count, index from, index most) {
  const index left = count - from, parts = (left + most - 1) / most;
  return from + (left + parts - 1) / parts;
}

/// A left operand whose rows lie side by side (a transposed matrix), in panels as high as next_cut makes them: that of
/// rows [r, r + high) at to + r·depth, value after value as a tile reads them.
template <class T>
void pack_rows(const T* data, index rows, index depth, index depth_stride, T* to) {
  constexpr index height = tile<T>::rows;
  for (index first = 0, last = 0; first < rows; first = last) {
    last = next_cut(rows, first, height);
    const index high = last - first;
    const T* from = data + first;
    // Copies of constant size are fast, and what is too much is overwritten by the next; only the last must end in
    // time.
    const index whole = depth_stride >= height ? depth - 1 : 0;
    for (index k = 0; k < depth; ++k, from += depth_stride, to += high)
      if (k < whole)
        std::memcpy(to, from, height * sizeof(T));
      else
        std::copy_n(from, high, to);
  }
}

/// Rows whose distance is a multiple of a page all fall on the same few lines of a cache, and evict each other: such
/// rows are read from a copy.
template <class T>
bool rows_collide(index row) {
  return row * index(sizeof(T)) % 4096 == 0;
}

/// Copies rows to where they lie deep + one line apart.
template <class T>
left_operand<T> spread_rows(left_operand<T> from, index rows, index deep, T* to) {
  const index row = deep + 64 / index(sizeof(T));
  for (index r = 0; r < rows; ++r) std::copy_n(from.data + r * from.row, deep, to + r * row);
  return {to, row, 1};
}

/// A tile at the right edge: its sums go through a copy that is as wide as the registers.
template <class T>
void multiply_edge(int rows, index columns, index depth, left_operand<T> a, const T* b, T* c, index c_row, into how,
                   const T* bias) {
  constexpr index width = tile<T>::width;
  alignas(64) T sums[tile<T>::rows * width] = {}, add[width] = {};
  if (bias != nullptr) std::copy_n(bias, columns, add);
  for (index i = 0; how != into::stored && i < rows; ++i) std::copy_n(c + i * c_row, columns, sums + i * width);
  multiply_tile<T>(rows, depth, a.data, a.row, a.depth, b, width, sums, width, how, add);
  for (index i = 0; i < rows; ++i) std::copy_n(sums + i * width, columns, c + i * c_row);
}

}  // namespace detail

/// The default of multiply's last argument: sums stay as they are.
struct keep_sums {
  void operator()(index, index, index, index) const {}
};

/// result = left·right + bias, or result += left·right + bias, for rows [0, rows) and columns [0, columns); row r
/// starts at result + r·row; bias has a value a column, or is null. Every sum runs over the depth in ascending order;
/// how the matrix is cut into blocks and tiles changes none. Added to a result, it goes on from what that holds value
/// by value, so that a depth may be cut anywhere; else it is a sum of sums of blocking::sum values, whose roundings add
/// up to less. `scratch` holds blocking::scratch values. finish(first row, rows, first column, columns) is told of
/// every tile that is done, while it is in cache; what it reads for row r from column c on, at finish.beside(r, c) if
/// it has that, is fetched before.
template <class T, class Finish = keep_sums>
void multiply(index rows, index columns, index depth, left_operand<T> left, right_operand<T> right, T* result,
              index row, bool accumulate, T* scratch, const T* bias = nullptr, const Finish& finish = {}) {
  constexpr index width = tile<T>::width, height = tile<T>::rows;
  T* const panel = scratch;
  T* const block = scratch + blocking::depth * width;
  for (index k = 0, deep = 0; k < depth; k += deep) {
    deep = detail::next_cut(depth, k, blocking::depth) - k;
    const bool last = k + deep == depth;
    for (index r0 = 0, r1 = 0; r0 < rows; r0 = r1) {
      r1 = detail::next_cut(rows, r0, blocking::rows);
      const index block_rows = r1 - r0;
      left_operand<T> a{left.data + r0 * left.row + k * left.depth, left.row, left.depth};
      if (left.row == 1) {
        detail::pack_rows(a.data, block_rows, deep, left.depth, block);
        a = {block, deep, 1};  // panel r starts at r·deep
      } else if (detail::rows_collide<T>(left.row) && columns > 2 * width) {
        a = detail::spread_rows(a, block_rows, deep, block);
      }
      for (index c = 0; c < columns; c += width) {
        const index count = std::min(width, columns - c);
        const T* b = right.data + c / width * right.panel + k * right.depth;
        index b_depth = right.depth;
        if (!right.packed && (count < width || (block_rows > 2 * height && detail::rows_collide<T>(right.depth)))) {
          pack_columns(b, count, deep, 1, right.depth, panel);
          b = panel;
          b_depth = width;
        }
        const T* const coming = right.data + (c / width + 1) * right.panel + k * right.depth;
        for (index r = 0, tall = 0; r < block_rows; r += tall) {
          tall = detail::next_cut(block_rows, r, height) - r;
          coming_lines<T> next;
          if (c + width < columns && block_rows > 4 * height) {
            const index first = deep * r / block_rows;
            next = {coming + first * right.depth, right.depth, deep * (r + tall) / block_rows - first};
          }
          if constexpr (requires { finish.beside(r, c); }) next.beside = finish.beside(r0 + r + tall, c);
          const left_operand<T> tile_rows = left.row == 1 ? left_operand<T>{a.data + r * deep, 1, tall}
                                                          : left_operand<T>{a.data + r * a.row, a.row, a.depth};
          T* const to = result + (r0 + r) * row + c;
          for (index s = 0, stop = 0; s < deep; s = stop) {
            stop = accumulate ? deep : detail::next_cut(deep, s, blocking::sum);
            const into how = accumulate ? into::continued : k + s > 0 ? into::added : into::stored;
            const left_operand<T> part{tile_rows.data + s * tile_rows.depth, tile_rows.row, tile_rows.depth};
            const T* const plus = last && stop == deep && bias != nullptr ? bias + c : nullptr;
            if (count == width)
              multiply_tile<T>(int(tall), stop - s, part.data, part.row, part.depth, b + s * b_depth, b_depth, to, row,
                               how, plus, s == 0 ? next : coming_lines<T>{});
            else
              detail::multiply_edge<T>(int(tall), count, stop - s, part, b + s * b_depth, to, row, how, plus);
          }
          if (last) finish(r0 + r, tall, c, count);
        }
      }
    }
  }
}

/// finish: y(r, c) = epilogue(first_row + r, first_column + c, y(r, c)). Whole tiles have a constant width, for the
/// vectoriser.
template <class T, class Epilogue>
struct apply_epilogue {
  T* result;
  index row, first_row, first_column;
  Epilogue epilogue;

  const T* beside(index r, index c) const requires requires(Epilogue e) { e.beside(r, c); }
  { return epilogue.beside(first_row + r, first_column + c); }
  void operator()(index r, index rows, index c, index count) const {
    constexpr index width = tile<T>::width;
    const Epilogue apply = epilogue;
    for (index i = r; i < r + rows; ++i) {
      T* const y = result + i * row + c;
      if (count == width) {
        SDMAE_INDEPENDENT
        for (index j = 0; j < width; ++j) y[j] = apply(first_row + i, first_column + c + j, y[j]);
      } else {
        for (index j = 0; j < count; ++j) y[j] = apply(first_row + i, first_column + c + j, y[j]);
      }
    }
  }
};

}  // namespace sdmae::cpu
