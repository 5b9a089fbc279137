// What a backend must bring, and how the library asks for it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "sdmae/core/config.hpp"
#include "sdmae/core/view.hpp"

namespace sdmae {

/// One matrix of a batch of products, anywhere in memory: element (r, c) of matrix i stands at
/// data[i·batch_stride + r·row_stride + c·column_stride]. A transposed operand is one with its strides exchanged.
template <class T>
struct operand {
  T* data = nullptr;
  index row_stride = 0;
  index column_stride = 1;
  index batch_stride = 0;
};

struct product_shape {
  index rows = 0, columns = 0, depth = 0;
  index batch = 1;
};

namespace reduction {
/// Start from 0 and add; start from −∞ and keep the larger.
struct sum {};
struct maximum {};
}  // namespace reduction

/// Refuses element functions that the host cannot call: to nvcc a lambda marked SDMAE_ELEMENT is the device's, and it
/// lets the host call one, which then computes nothing. For backends that compute on the host.
template <class ElementFunction>
constexpr void expect_host_function() {
#if defined(__CUDACC_EXTENDED_LAMBDA__)
  static_assert(!__nv_is_extended_device_lambda_closure_type(ElementFunction),
                "sdmae: a file compiled by nvcc computes on cuda_backend: what computes on the CPU belongs in a file of "
                "the C++ compiler");
#endif
}

/// Refuses lambdas for both sides, whose copies break where several object files share templates: mark them
/// SDMAE_ELEMENT. For backends that compute on a device.
template <class ElementFunction>
constexpr void expect_device_function() {
#if defined(__CUDACC_EXTENDED_LAMBDA__)
  static_assert(!__nv_is_extended_host_device_lambda_closure_type(ElementFunction),
                "sdmae: mark element functions SDMAE_ELEMENT, not __host__ __device__");
#endif
}

namespace detail {
struct probe_map {
  void operator()(index, index) const {}
};
template <class T>
struct probe_value {
  T operator()(index, index) const { return T{}; }
};
template <class B>
using scalar_of = typename B::scalar;
}  // namespace detail

using detail::scalar_of;

/// A tensor backend brings, for its scalar type T:
///  1. `scalar`, the type T of weights and activations;
///  2. `allocate(bytes)`: an owner, movable, whose data() is 64-byte aligned memory that the other operations reach;
///  3. `copy_in(to, from, count)` and `copy_out(to, from, count)`: between that memory and the host's, for any plain
///     type; the host may change what copy_in has read as soon as the call returns;
///  4. `synchronise()`: returns when everything asked for has been done;
///  5. `map(rows, width, f)`: calls f(r, c) once for every element, in any order;
///  6. `reduce_rows(reduction, out, width, f)`: out(r, 0) = reduction of f(r, c) over c, in the type of `out`;
///  7. `reduce_columns(out, rows, width, f)`: out[c] += f(r, c) for r = 0, 1, …, rows − 1, in this order, or, where
///     `slices_give_same_bits` is false, in any order that is the same for the same rows and width;
///  8. `product(shape, alpha, a, b, c, accumulate)`: c = alpha · a·b (+ c).
/// Everything else has a default body (backend_defaults), which a backend inherits and may hide with a faster one.
/// Not required: that work is done when a call returns, that pointers can be read on the host, any parallelism.
/// Whatever the number of threads, results must be the same bits. Element functions are lambdas marked SDMAE_ELEMENT or
/// functors whose operator() is SDMAE_HOST_DEVICE; nvcc takes no such lambda that is written inside a generic lambda.
template <class B>
concept tensor_backend = requires(B backend, scalar_of<B>* values, const scalar_of<B>* constants, double* doubles,
                                  std::uint8_t* bytes, std::int32_t* indices, std::byte* raw, index n) {
  typename B::scalar;
  { backend.allocate(std::size_t{}).data() } -> std::convertible_to<std::byte*>;
  backend.copy_in(values, constants, n);
  backend.copy_in(indices, indices, n);
  backend.copy_in(bytes, bytes, n);
  backend.copy_in(raw, raw, n);
  backend.copy_out(values, constants, n);
  backend.copy_out(doubles, doubles, n);
  backend.synchronise();
  backend.map(n, n, detail::probe_map{});
  backend.reduce_rows(reduction::sum{}, column_view<double>{doubles, n}, n, detail::probe_value<double>{});
  backend.reduce_rows(reduction::maximum{}, column_view<scalar_of<B>>{values, n}, n,
                      detail::probe_value<scalar_of<B>>{});
  backend.reduce_columns(values, n, n, detail::probe_value<scalar_of<B>>{});
  backend.product(product_shape{}, scalar_of<B>{}, operand<const scalar_of<B>>{}, operand<const scalar_of<B>>{},
                  operand<scalar_of<B>>{}, true);
};

/// Instantiated with a class that is no tensor_backend, this says what is missing.
template <class B>
struct checked_backend {
  using T = typename B::scalar;  // missing: a backend must name its scalar type
  static_assert(
      requires(B b) {
        { b.allocate(std::size_t{}).data() } -> std::convertible_to<std::byte*>;
      },
      "sdmae: a backend must bring `allocate(bytes)`: an owner whose data() is memory of the backend's");
  static_assert(
      requires(B b, T* v, const T* c, double* d, std::int32_t* i, std::uint8_t* u, std::byte* r, index n) {
        b.copy_in(v, c, n), b.copy_in(i, i, n), b.copy_in(u, u, n), b.copy_in(r, r, n);
        b.copy_out(v, c, n), b.copy_out(d, d, n);
      },
      "sdmae: a backend must bring `copy_in(to, from, count)` and `copy_out(to, from, count)` for any plain type");
  static_assert(
      requires(B b) { b.synchronise(); },
      "sdmae: a backend must bring `synchronise()`: it returns when everything asked for has been done");
  static_assert(
      requires(B b, index n) { b.map(n, n, detail::probe_map{}); },
      "sdmae: a backend must bring `map(rows, width, f)`: f(r, c) once for every element");
  static_assert(
      requires(B b, T* v, double* d, index n) {
        b.reduce_rows(reduction::sum{}, column_view<double>{d, n}, n, detail::probe_value<double>{});
        b.reduce_rows(reduction::maximum{}, column_view<T>{v, n}, n, detail::probe_value<T>{});
      },
      "sdmae: a backend must bring `reduce_rows(reduction, out, width, f)` for sums and maxima");
  static_assert(
      requires(B b, T* v, index n) { b.reduce_columns(v, n, n, detail::probe_value<T>{}); },
      "sdmae: a backend must bring `reduce_columns(out, rows, width, f)`: out[c] += f(r, c), over all rows");
  static_assert(
      requires(B b, operand<const T> x, operand<T> y) { b.product(product_shape{}, T{}, x, x, y, true); },
      "sdmae: a backend must bring `product(shape, alpha, a, b, c, accumulate)`: c = alpha · a·b (+ c)");
  static constexpr bool complete = tensor_backend<B>;
};

}  // namespace sdmae
