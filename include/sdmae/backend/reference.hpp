// The reference backend: any scalar, plain loops, one thread. What the others are compared with.
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/defaults.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace sdmae {

template <class T>
class reference_backend : public backend_defaults<reference_backend<T>, T> {
 public:
  host_memory allocate(std::size_t bytes) { return host_memory(bytes); }

  template <class Value>
  void copy_in(Value* to, const std::type_identity_t<Value>* from, index count) {
    std::copy_n(from, count, to);
  }
  template <class Value>
  void copy_out(Value* to, const std::type_identity_t<Value>* from, index count) {
    std::copy_n(from, count, to);
  }
  void synchronise() {}

  template <class F>
  void map(index rows, index width, F f) {
    expect_host_function<F>();
    for (index r = 0; r < rows; ++r)
      for (index c = 0; c < width; ++c) f(r, c);
  }

  template <class A, class F>
  void reduce_rows(reduction::sum, column_view<A> out, index width, F f) {
    expect_host_function<F>();
    for (index r = 0; r < out.rows(); ++r) {
      A total = 0;
      for (index c = 0; c < width; ++c) total += static_cast<A>(f(r, c));
      out(r, 0) = total;
    }
  }
  template <class A, class F>
  void reduce_rows(reduction::maximum, column_view<A> out, index width, F f) {
    expect_host_function<F>();
    for (index r = 0; r < out.rows(); ++r) {
      A largest = static_cast<A>(f(r, 0));
      for (index c = 1; c < width; ++c) largest = std::max(largest, static_cast<A>(f(r, c)));
      out(r, 0) = largest;
    }
  }
  template <class A, class F>
  void reduce_columns(A* out, index rows, index width, F f) {
    expect_host_function<F>();
    for (index r = 0; r < rows; ++r)
      for (index c = 0; c < width; ++c) out[c] += static_cast<A>(f(r, c));
  }

  void product(product_shape shape, T alpha, operand<const T> a, operand<const T> b, operand<T> c, bool accumulate) {
    for (index i = 0; i < shape.batch; ++i)
      for (index row = 0; row < shape.rows; ++row)
        for (index column = 0; column < shape.columns; ++column) {
          T& out = c.data[i * c.batch_stride + row * c.row_stride + column * c.column_stride];
          const T* x = a.data + i * a.batch_stride + row * a.row_stride;
          const T* y = b.data + i * b.batch_stride + column * b.column_stride;
          T sum = accumulate ? out : T(0);
          for (index k = 0; k < shape.depth; ++k) sum += alpha * x[k * a.column_stride] * y[k * b.row_stride];
          out = sum;
        }
  }
};

static_assert(tensor_backend<reference_backend<double>>);

}  // namespace sdmae
