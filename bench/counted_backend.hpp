// A backend that computes nothing and counts: what each operation of the CUDA backend multiplies, reads and writes.
#pragma once

#include <cstddef>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/defaults.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace bench {

using sdmae::index;

/// One call: floating-point operations and bytes of device memory, each operand counted once a kernel that needs it.
struct operation_call {
  double work = 0, bytes = 0;
  bool by_cublas = false;  // works in the precision that was asked for; our own kernels work in float
};
using operation_calls = std::map<std::string, std::vector<operation_call>>;

class counted_backend : public sdmae::backend_defaults<counted_backend, float> {
 public:
  using T = float;
  operation_calls& calls() { return *calls_; }

  sdmae::host_memory allocate(std::size_t bytes) { return sdmae::host_memory(bytes); }
  template <class Value>
  void copy_in(Value*, const std::type_identity_t<Value>*, index) {}
  template <class Value>
  void copy_out(Value* to, const std::type_identity_t<Value>*, index count) {
    std::memset(static_cast<void*>(to), 0, sizeof(Value) * static_cast<std::size_t>(count));
  }
  void synchronise() {}

  template <class F>
  void map(index rows, index width, F) {
    count("element-wise", 0, 2 * rows * width);
  }
  template <class Reduction, class A, class F>
  void reduce_rows(Reduction, sdmae::column_view<A> out, index width, F) {
    count("sums and maxima", 0, out.rows() * width);
  }
  template <class A, class F>
  void reduce_columns(A*, index rows, index width, F) {
    count("sums and maxima", 0, rows * width);
  }
  void product(sdmae::product_shape s, T, sdmae::operand<const T>, sdmae::operand<const T>, sdmae::operand<T>, bool) {
    count("other products", s.batch * products(s.rows, s.columns, s.depth),
          s.batch * (s.rows * s.depth + s.depth * s.columns + s.rows * s.columns), true);
  }
  void fill(T*, index values, T) { count("fill", 0, values); }
  template <index Out, index In>
  void pack(sdmae::weight_view<T, Out, In>) {}

  template <index Out, index In, class X, class W, class Bias, class Y, class Epilogue = sdmae::epilogue::store>
  void linear_forward(const X& x, const W&, const Bias&, const Y&, Epilogue = {}) {
    constexpr bool activates = std::is_same_v<Epilogue, sdmae::epilogue::gelu<T, Out>>;
    constexpr bool adds = !activates && !std::is_same_v<Epilogue, sdmae::epilogue::store>;
    count("linear, forward", products(x.rows(), Out, In), x.rows() * (In + Out * (adds ? 2 : 1)) + Out * In, true);
    if (activates) count("GELU", 0, 2 * x.rows() * Out);
  }
  template <index Out, index In, class Dy, class W, class Dx, class Epilogue = sdmae::epilogue::store>
  void linear_input_gradient(const Dy& dy, const W&, const Dx&, Epilogue = {}) {
    constexpr bool adds = std::is_same_v<Epilogue, sdmae::epilogue::accumulate>;
    count("linear, input gradient", products(dy.rows(), Out, In), dy.rows() * (Out + In * (adds ? 2 : 1)) + Out * In,
          true);
    if (!std::is_base_of_v<sdmae::epilogue::store, Epilogue>) count("GELU", 0, 3 * dy.rows() * In);
  }
  template <index Out, index In, class Dy, class X, class Dw, class Db>
  void linear_weight_gradient(const Dy& dy, const X&, const Dw&, const Db& dbias) {
    count("linear, weight gradient", products(dy.rows(), Out, In), dy.rows() * (Out + In) + 2 * Out * In, true);
    if (dbias) count("sums and maxima", 0, dy.rows() * Out);
  }
  template <index D, class X, class... A>
  void layer_norm_forward(const X& x, const A&...) {
    count("layer norm, forward", 0, 2 * x.rows() * D);
  }
  static constexpr index layer_norm_workspace(index) { return 0; }
  template <index D, class Dy, class... A>
  void layer_norm_backward(const Dy& dy, const A&...) {
    count("layer norm, backward", 0, 6 * dy.rows() * D);
  }
  template <index Heads, index D>
  static constexpr index attention_workspace(index) {
    return 0;
  }
  template <index Heads, index D, class Qkv, class... A>
  void attention_forward(index tokens, const Qkv& qkv, const A&...) {
    count("attention, forward", products(qkv.rows(), tokens, 2 * D), 4 * qkv.rows() * D);
  }
  /// Two kernels, both of which make the scores and the gradients of the probabilities.
  template <index Heads, index D, class Dout, class... A>
  void attention_backward(index tokens, const Dout& dout, const A&...) {
    count("attention, backward", products(dout.rows(), tokens, 7 * D), 13 * dout.rows() * D);
  }
  void sum_of_squares(const T*, index values, double*) { count("gradient's norm", 0, values); }
  template <class Segments, class... A>
  void adamw_update(const Segments& segments, const A&...) {
    index values = 0;
    for (const auto& segment : segments) values += segment.count;
    count("AdamW", 0, 7 * values);
  }

 private:
  static double products(index rows, index columns, index depth) {
    return 2.0 * double(rows) * double(columns) * double(depth);
  }
  void count(const char* name, double work, index values, bool by_cublas = false) {
    (*calls_)[name].push_back({work, double(values) * sizeof(T), by_cublas});
  }

  std::unique_ptr<operation_calls> calls_ = std::make_unique<operation_calls>();
};

static_assert(sdmae::tensor_backend<counted_backend>);

}  // namespace bench
