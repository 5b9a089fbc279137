// A backend that keeps a stop-watch on each of its operations and knows the least time it could take.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "sdmae/backend/concept.hpp"

namespace bench {

using sdmae::index;

/// What one kind of operation took: calls, seconds, floating-point operations of its products, bytes that it must at
/// least read or write.
struct operation_time {
  long calls = 0;
  double seconds = 0, work = 0, bytes = 0;
};
using operation_times = std::map<std::string, operation_time>;

/// Computes as B does. Operations that B builds from others are counted once, as a whole.
template <class B>
class timed_backend : public B {
 public:
  using T = sdmae::scalar_of<B>;
  using B::B;

  operation_times& times() { return *times_; }

  template <class... A>
  void map(index rows, index width, A&&... a) {
    timed("element-wise", 0, rows * width, [&] { B::map(rows, width, std::forward<A>(a)...); });
  }
  template <class Reduction, class Out, class... A>
  void reduce_rows(Reduction kind, Out out, index width, A&&... a) {
    timed("sums and maxima", 0, out.rows() * width, [&] { B::reduce_rows(kind, out, width, std::forward<A>(a)...); });
  }
  template <class Out, class... A>
  void reduce_columns(Out* out, index rows, index width, A&&... a) {
    timed("sums and maxima", 0, rows * width, [&] { B::reduce_columns(out, rows, width, std::forward<A>(a)...); });
  }
  template <class... A>
  void product(sdmae::product_shape s, A&&... a) {
    timed("other products", products(s.batch * s.rows, s.columns, s.depth), 0,
          [&] { B::product(s, std::forward<A>(a)...); });
  }
  void fill(T* values, index count, T value) {
    timed("fill", 0, count, [&] { B::fill(values, count, value); });
  }
  template <index Out, index In, class... A>
  void pack(A&&... a) {
    timed("pack weights", 0, 2 * Out * In, [&] { B::template pack<Out, In>(std::forward<A>(a)...); });
  }
  template <index Out, index In, class X, class... A>
  void linear_forward(const X& x, A&&... a) {
    timed("linear, forward", products(x.rows(), Out, In), 0,
          [&] { B::template linear_forward<Out, In>(x, std::forward<A>(a)...); });
  }
  template <index Out, index In, class Dy, class... A>
  void linear_input_gradient(const Dy& dy, A&&... a) {
    timed("linear, input gradient", products(dy.rows(), Out, In), 0,
          [&] { B::template linear_input_gradient<Out, In>(dy, std::forward<A>(a)...); });
  }
  template <index Out, index In, class Dy, class... A>
  void linear_weight_gradient(const Dy& dy, A&&... a) {
    timed("linear, weight gradient", products(dy.rows(), Out, In), 0,
          [&] { B::template linear_weight_gradient<Out, In>(dy, std::forward<A>(a)...); });
  }
  template <index D, class X, class... A>
  void layer_norm_forward(const X& x, A&&... a) {
    timed("layer norm, forward", 0, 2 * x.rows() * D,
          [&] { B::template layer_norm_forward<D>(x, std::forward<A>(a)...); });
  }
  template <index D, class Dy, class... A>
  void layer_norm_backward(const Dy& dy, A&&... a) {
    timed("layer norm, backward", 0, 4 * dy.rows() * D,
          [&] { B::template layer_norm_backward<D>(dy, std::forward<A>(a)...); });
  }
  template <index Heads, index D, class Qkv, class... A>
  void attention_forward(index tokens, const Qkv& qkv, A&&... a) {
    timed("attention, forward", products(qkv.rows(), tokens, 2 * D), 0,
          [&] { B::template attention_forward<Heads, D>(tokens, qkv, std::forward<A>(a)...); });
  }
  template <index Heads, index D, class Dout, class... A>
  void attention_backward(index tokens, const Dout& dout, A&&... a) {
    timed("attention, backward", products(dout.rows(), tokens, 4 * D), 0,
          [&] { B::template attention_backward<Heads, D>(tokens, dout, std::forward<A>(a)...); });
  }
  void sum_of_squares(const T* values, index count, double* workspace) {
    timed("gradient's norm", 0, count, [&] { B::sum_of_squares(values, count, workspace); });
  }
  template <class Segments, class... A>
  void adamw_update(const Segments& segments, A&&... a) {
    index count = 0;
    for (const auto& segment : segments) count += segment.count;
    timed("AdamW", 0, 7 * count, [&] { B::adamw_update(segments, std::forward<A>(a)...); });
  }

 private:
  static double products(index rows, index columns, index depth) {
    return 2.0 * double(rows) * double(columns) * double(depth);
  }

  template <class F>
  void timed(const char* name, double work, index values, const F& f) {
    using clock = std::chrono::steady_clock;
    const auto start = clock::now();
    f();
    operation_time& its = (*times_)[name];
    its.seconds += std::chrono::duration<double>(clock::now() - start).count();
    ++its.calls;
    its.work += work;
    its.bytes += double(values) * sizeof(T);
  }

  std::unique_ptr<operation_times> times_ = std::make_unique<operation_times>();
};

}  // namespace bench
