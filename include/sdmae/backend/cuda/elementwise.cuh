// Passes over dense values, 16 bytes at a time where rows allow it: GELU and its derivative.
#pragma once

#include "sdmae/backend/cuda/launch.cuh"
#include "sdmae/backend/cuda/warp.cuh"
#include "sdmae/backend/functions.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae::cuda {

/// y(r, c) = epilogue(r, c, y(r, c)), as an element function.
template <class T, index Width, class Epilogue>
struct applied_epilogue {
  rows_view<T, Width> y;
  Epilogue epilogue;
  SDMAE_HOST_DEVICE void operator()(index r, index c) const { y(r, c) = epilogue(r, c, y(r, c)); }
};

/// y(r, c) += bias(c) + added(r, c), of which either may be null, as an element function.
template <class T, index Width>
struct added_terms {
  rows_view<T, Width> y;
  vector_view<const T, Width> bias;
  rows_view<const T, Width> added;
  SDMAE_HOST_DEVICE void operator()(index r, index c) const {
    T value = y(r, c);
    if (bias) value += bias(c);
    if (added.data != nullptr) value += added(r, c);
    y(r, c) = value;
  }
};

inline constexpr int elementwise_threads = 256;

/// y[i] = gelu(pre[i]). pre, y: [packs · Packed].
template <class T, int Packed>
__global__ void gelu_kernel(index packs, const T* pre, T* y) {
  const index i = index(blockIdx.x) * elementwise_threads + threadIdx.x;
  if (i >= packs) return;
  pack<T, Packed> values = reinterpret_cast<const pack<T, Packed>*>(pre)[i];
  for (int k = 0; k < Packed; ++k) values.values[k] = sdmae::gelu(values.values[k]);
  reinterpret_cast<pack<T, Packed>*>(y)[i] = values;
}

/// dx[i] *= gelu'(pre[i]). pre, dx: [packs · Packed].
template <class T, int Packed>
__global__ void gelu_gradient_kernel(index packs, const T* pre, T* dx) {
  const index i = index(blockIdx.x) * elementwise_threads + threadIdx.x;
  if (i >= packs) return;
  const pack<T, Packed> before = reinterpret_cast<const pack<T, Packed>*>(pre)[i];
  pack<T, Packed> values = reinterpret_cast<const pack<T, Packed>*>(dx)[i];
  for (int k = 0; k < Packed; ++k) values.values[k] *= gelu_derivative(before.values[k]);
  reinterpret_cast<pack<T, Packed>*>(dx)[i] = values;
}

template <class T, index Width>
void gelu(rows_view<const T, Width> pre, rows_view<T, Width> y, cudaStream_t where) {
  constexpr int packed = packed_values<T, Width>;
  const index packs = y.size() / packed;
  launch(gelu_kernel<T, packed>, dim3(unsigned(divide_up(packs, elementwise_threads))), dim3(elementwise_threads),
         where, packs, pre.data, y.data);
}

template <class T, index Width>
void multiply_by_gelu_gradient(rows_view<const T, Width> pre, rows_view<T, Width> dx, cudaStream_t where) {
  constexpr int packed = packed_values<T, Width>;
  const index packs = dx.size() / packed;
  launch(gelu_gradient_kernel<T, packed>, dim3(unsigned(divide_up(packs, elementwise_threads))),
         dim3(elementwise_threads), where, packs, pre.data, dx.data);
}

}  // namespace sdmae::cuda
