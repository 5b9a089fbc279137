// Default bodies of the linear operations: a product, then an element-wise pass.
#pragma once

#include <type_traits>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/epilogue.hpp"

namespace sdmae::defaults {

template <class Self, class T>
class linear {
 public:
  /// Values that the packed form of an [Out, In] weight takes; 0: the backend reads weights as they are.
  template <index Out, index In>
  static constexpr index packed_size() {
    return 0;
  }

  /// Refreshes weight.packed from the weight. Called once a step, after the weights have changed.
  template <index Out, index In>
  void pack(weight_view<T, Out, In>) {}

  /// y = epilogue(x·Wᵀ + b). x: [R, In], W: [Out, In], b: [Out] or null, y: [R, Out], overwritten.
  template <index Out, index In, class Epilogue = epilogue::store>
  void linear_forward(rows_view<const T, In> x, weight_view<const T, Out, In> weight, vector_view<const T, Out> bias,
                      rows_view<T, Out> y, Epilogue epilogue = {}) {
    self().product({x.rows(), Out, In}, T(1), {x.data, In, 1}, {weight.data, 1, In}, {y.data, Out, 1}, false);
    self().map(x.rows(), Out,
               [=] SDMAE_ELEMENT(index r, index c) { y(r, c) = epilogue(r, c, bias ? y(r, c) + bias(c) : y(r, c)); });
  }

  /// dx = epilogue(dy·W), or dx += dy·W. dy: [R, Out], dx: [R, In].
  template <index Out, index In, class Epilogue = epilogue::store>
  void linear_input_gradient(rows_view<const T, Out> dy, weight_view<const T, Out, In> weight, rows_view<T, In> dx,
                             Epilogue epilogue = {}) {
    constexpr bool accumulate = std::is_same_v<Epilogue, epilogue::accumulate>;
    self().product({dy.rows(), In, Out}, T(1), {dy.data, Out, 1}, {weight.data, In, 1}, {dx.data, In, 1}, accumulate);
    if constexpr (!accumulate && !std::is_same_v<Epilogue, epilogue::store>)
      self().map(dy.rows(), In, [=] SDMAE_ELEMENT(index r, index c) { dx(r, c) = epilogue(r, c, dx(r, c)); });
  }

  /// dW += dyᵀ·x and db += Σ_r dy(r, ·), row by row from what is there, so that slices of a batch add up to the same
  /// bits. db may be null.
  template <index Out, index In>
  void linear_weight_gradient(rows_view<const T, Out> dy, rows_view<const T, In> x, weight_view<T, Out, In> dweight,
                              vector_view<T, Out> dbias) {
    self().product({Out, In, x.rows()}, T(1), {dy.data, 1, Out}, {x.data, In, 1}, {dweight.data, In, 1}, true);
    if (dbias)
      self().reduce_columns(dbias.data, dy.rows(), Out, [=] SDMAE_ELEMENT(index r, index c) { return dy(r, c); });
  }

 private:
  Self& self() { return static_cast<Self&>(*this); }
};

}  // namespace sdmae::defaults
