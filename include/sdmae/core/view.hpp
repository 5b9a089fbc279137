// Non-owning views of row-major memory. The width is known at compile time, the number of rows usually is not.
#pragma once

#include <type_traits>

#include "sdmae/core/config.hpp"

namespace sdmae {

inline constexpr index dynamic = -1;

/// [Rows, Width], row-major, dense. `Rows` may be `dynamic`. Views are copied by value; const-ness is that of T.
template <class T, index Rows, index Width>
struct matrix_view {
  static constexpr index width = Width;
  T* data = nullptr;
  index row_count = Rows == dynamic ? 0 : Rows;

  constexpr matrix_view() = default;
  SDMAE_HOST_DEVICE constexpr explicit matrix_view(T* first) requires(Rows != dynamic) : data(first) {}
  SDMAE_HOST_DEVICE constexpr matrix_view(T* first, index rows) : data(first), row_count(rows) {}

  /// From a view of mutable values, or of a static number of rows.
  template <class U, index OtherRows>
  requires(std::is_convertible_v<U (*)[], T (*)[]> && (Rows == dynamic || Rows == OtherRows)) SDMAE_HOST_DEVICE
      constexpr matrix_view(const matrix_view<U, OtherRows, Width>& other)
      : data(other.data), row_count(other.row_count) {}

  SDMAE_HOST_DEVICE constexpr index rows() const { return row_count; }
  SDMAE_HOST_DEVICE constexpr index size() const { return row_count * Width; }
  SDMAE_HOST_DEVICE constexpr T* row(index r) const { return data + r * Width; }
  SDMAE_HOST_DEVICE constexpr T& operator()(index r, index c) const { return data[r * Width + c]; }

  /// Rows [first, first + count).
  SDMAE_HOST_DEVICE constexpr matrix_view<T, dynamic, Width> part(index first, index count) const {
    return {row(first), count};
  }
};

/// Tokens, patches, logits: a run-time number of rows of static width.
template <class T, index Width>
using rows_view = matrix_view<T, dynamic, Width>;

/// One value a row: statistics, losses.
template <class T>
using column_view = rows_view<T, 1>;

/// [Size]: biases, gains, tables of one row.
template <class T, index Size>
struct vector_view {
  static constexpr index size = Size;
  T* data = nullptr;

  constexpr vector_view() = default;
  SDMAE_HOST_DEVICE constexpr explicit vector_view(T* first) : data(first) {}
  template <class U>
  requires(std::is_convertible_v<U (*)[], T (*)[]>) SDMAE_HOST_DEVICE
      constexpr vector_view(const vector_view<U, Size>& other)
      : data(other.data) {}

  SDMAE_HOST_DEVICE constexpr T& operator()(index i) const { return data[i]; }
  SDMAE_HOST_DEVICE constexpr explicit operator bool() const { return data != nullptr; }
};

/// The weight [Out, In] of a linear layer and, beside it, room for the form in which a backend likes to read it.
/// `packed` is null where there is none (gradients, backends that pack nothing).
template <class T, index Out, index In>
struct weight_view : matrix_view<T, Out, In> {
  T* packed = nullptr;

  constexpr weight_view() = default;
  SDMAE_HOST_DEVICE constexpr weight_view(T* first, T* packed_first)
      : matrix_view<T, Out, In>(first), packed(packed_first) {}
  template <class U>
  requires(std::is_convertible_v<U (*)[], T (*)[]>) SDMAE_HOST_DEVICE
      constexpr weight_view(const weight_view<U, Out, In>& other)
      : matrix_view<T, Out, In>(other.data), packed(other.packed) {}
};

}  // namespace sdmae
