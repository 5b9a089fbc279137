// Eigen's matrix product over a batch of strided matrices: the portable one.
#pragma once

#include <Eigen/Core>
#include <type_traits>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cpu/threads.hpp"

namespace sdmae::cpu {

namespace detail {

template <class T>
auto eigen_map(operand<T> o, index batch, index rows, index columns) {
  using matrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic>;
  using stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  using mapped = std::conditional_t<std::is_const_v<T>, const matrix, matrix>;
  return Eigen::Map<mapped, 0, stride>(o.data + batch * o.batch_stride, rows, columns,
                                       stride(o.column_stride, o.row_stride));
}

}  // namespace detail

/// c = alpha · a·b (+ c); see tensor_backend. Matrices of the batch are dealt out to the team.
template <class T>
void eigen_product(thread_team& team, product_shape shape, T alpha, operand<const T> a, operand<const T> b,
                   operand<T> c, bool accumulate) {
  team.split(shape.batch, 1, [&](index begin, index end, int) {
    for (index i = begin; i < end; ++i) {
      const auto x = detail::eigen_map(a, i, shape.rows, shape.depth);
      const auto y = detail::eigen_map(b, i, shape.depth, shape.columns);
      auto out = detail::eigen_map(c, i, shape.rows, shape.columns);
      if (accumulate)
        out.noalias() += alpha * x * y;
      else
        out.noalias() = alpha * x * y;
    }
  });
}

}  // namespace sdmae::cpu
