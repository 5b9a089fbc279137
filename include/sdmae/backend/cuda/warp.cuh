// What the lanes of a warp do together, and what a lane reads at once.
#pragma once

#include <cuda_runtime.h>

#include "sdmae/backend/cuda/launch.cuh"

namespace sdmae::cuda {

/// Σ over groups of `Width` neighbouring lanes, in every one of them: a butterfly, so the order is always the same.
template <int Width = warp_size, class T>
__device__ T sum_of_lanes(T value) {
  for (int flip = Width / 2; flip > 0; flip /= 2) value += __shfl_xor_sync(whole_warp, value, flip);
  return value;
}

/// The largest over groups of `Width` neighbouring lanes, in every one of them.
template <int Width = warp_size, class T>
__device__ T largest_of_lanes(T value) {
  for (int flip = Width / 2; flip > 0; flip /= 2) {
    const T other = __shfl_xor_sync(whole_warp, value, flip);
    value = value < other ? other : value;
  }
  return value;
}

/// `Count` values that are read or written by one instruction of up to 16 bytes.
template <class T, int Count>
struct alignas(sizeof(T) * Count) pack {
  T values[Count];
};

/// How many values of a row of `Width` values a lane moves at once: rows then start at a multiple of it.
template <class T, index Width>
inline constexpr int packed_values = Width % (16 / static_cast<index>(sizeof(T))) == 0 ? int(16 / sizeof(T)) : 1;

/// A row [Width], spread over the lanes of a warp: lane l holds values [l·Packed, (l + 1)·Packed) of every piece of
/// 32·Packed values. Values beyond the width are not there.
template <class T, index Width>
class row_of_warp {
 public:
  static constexpr int packed = packed_values<T, Width>;
  static constexpr int pieces = int((Width + warp_size * packed - 1) / (warp_size * packed));

  __device__ explicit row_of_warp(int lane) : lane_(lane) {}

  __device__ void load(const T* row) {
    each_piece([&](int piece, index column) {
      const auto read = *reinterpret_cast<const pack<T, packed>*>(row + column);
      for (int i = 0; i < packed; ++i) values_[piece * packed + i] = read.values[i];
    });
  }
  __device__ void store(T* row) const {
    each_piece([&](int piece, index column) {
      pack<T, packed> written;
      for (int i = 0; i < packed; ++i) written.values[i] = values_[piece * packed + i];
      *reinterpret_cast<pack<T, packed>*>(row + column) = written;
    });
  }

  /// f(value, column) for the values of this lane.
  template <class F>
  __device__ void each(const F& f) {
    each_piece([&](int piece, index column) {
      for (int i = 0; i < packed; ++i) f(values_[piece * packed + i], column + i);
    });
  }
  /// Σ f(value, column) over the row, in every lane.
  template <class F>
  __device__ T sum(const F& f) {
    T total = 0;
    each([&](T& value, index column) { total += f(value, column); });
    return sum_of_lanes(total);
  }

  /// f(value, value of a, value of b) for the values of this lane.
  template <class F>
  __device__ void each_with(const row_of_warp& a, const row_of_warp& b, const F& f) {
    each_piece([&](int piece, index) {
      for (int i = piece * packed; i < (piece + 1) * packed; ++i) f(values_[i], a.values_[i], b.values_[i]);
    });
  }
  /// Σ f(value, value of other) over the row, in every lane.
  template <class F>
  __device__ T sum_with(const row_of_warp& other, const F& f) const {
    T total = 0;
    each_piece([&](int piece, index) {
      for (int i = piece * packed; i < (piece + 1) * packed; ++i) total += f(values_[i], other.values_[i]);
    });
    return sum_of_lanes(total);
  }

 private:
  template <class F>
  __device__ void each_piece(const F& f) const {
    SDMAE_UNROLL
    for (int piece = 0; piece < pieces; ++piece) {
      const index column = (index(piece) * warp_size + lane_) * packed;
      if (column < Width) f(piece, column);
    }
  }

  int lane_;
  T values_[pieces * packed] = {};
};

}  // namespace sdmae::cuda
