// Products that cuBLASLt does not take: strides of any kind.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cuda/launch.cuh"

namespace sdmae::cuda {

inline constexpr int product_tile = 16;

/// One block a tile of 16 × 16 elements of c (grid: columns, rows, batch), one thread an element. Tiles of a and b pass
/// through shared memory; the sum runs over the depth in ascending order.
template <class T>
__global__ void product_kernel(product_shape shape, T alpha, operand<const T> a, operand<const T> b, operand<T> c,
                               bool accumulate) {
  __shared__ T left[product_tile][product_tile + 1];   // [rows, depth]
  __shared__ T right[product_tile][product_tile + 1];  // [depth, columns]
  const int x = threadIdx.x, y = threadIdx.y;
  const index column = index(blockIdx.x) * product_tile + x;
  const bool in_columns = column < shape.columns;
  for (index i = blockIdx.z; i < shape.batch; i += gridDim.z)
    for (index first = index(blockIdx.y) * product_tile; first < shape.rows; first += index(gridDim.y) * product_tile) {
      const index row = first + y;
      const bool inside = in_columns && row < shape.rows;
      T* const out = c.data + i * c.batch_stride + row * c.row_stride + column * c.column_stride;
      T sum = inside && accumulate ? *out : T(0);
      for (index k = 0; k < shape.depth; k += product_tile) {
        const bool has_left = row < shape.rows && k + x < shape.depth, has_right = in_columns && k + y < shape.depth;
        left[y][x] = has_left ? a.data[i * a.batch_stride + row * a.row_stride + (k + x) * a.column_stride] : T(0);
        right[y][x] = has_right ? b.data[i * b.batch_stride + (k + y) * b.row_stride + column * b.column_stride] : T(0);
        __syncthreads();
        for (int j = 0; j < product_tile; ++j) sum += alpha * left[y][j] * right[j][x];
        __syncthreads();
      }
      if (inside) *out = sum;
    }
}

template <class T>
void strided_product(product_shape shape, T alpha, operand<const T> a, operand<const T> b, operand<T> c,
                     bool accumulate, cudaStream_t where) {
  const dim3 grid(unsigned(divide_up(shape.columns, product_tile)), grid_extent(divide_up(shape.rows, product_tile)),
                  grid_extent(shape.batch));
  launch(product_kernel<T>, grid, dim3(product_tile, product_tile), where, shape, alpha, a, b, c, accumulate);
}

}  // namespace sdmae::cuda
