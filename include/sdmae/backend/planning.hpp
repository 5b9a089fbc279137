// A backend that does nothing, to plan the memory of one that does and to count its work.
#pragma once

#include <cstddef>
#include <type_traits>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/defaults.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace sdmae {

/// Runs through the same code as B with every operation empty, asking for the same pieces of an arena. What a step
/// takes is so known before any memory is there, and cannot differ from what it then uses. Counted is the work of the
/// algorithm: what a backend computes twice to save memory counts once.
template <class B>
class planning_backend {
 public:
  using scalar = typename B::scalar;
  explicit planning_backend(B& planned) : planned_(planned) {}

  host_memory allocate(std::size_t) { return {}; }
  template <class Value>
  void copy_in(Value*, const std::type_identity_t<Value>*, index) {}
  template <class Value>
  void copy_out(Value*, const std::type_identity_t<Value>*, index) {}
  void synchronise() {}
  template <class F>
  void map(index, index, F) {}
  template <class Reduction, class A, class F>
  void reduce_rows(Reduction, column_view<A>, index, F) {}
  template <class A, class F>
  void reduce_columns(A*, index, index, F) {}
  void product(product_shape shape, scalar, operand<const scalar>, operand<const scalar>, operand<scalar>, bool) {
    count_product(shape.batch * shape.rows, shape.columns, shape.depth);
  }

  void fill(scalar*, index, scalar) {}
  template <class Recordings, class F>
  void repeat(Recordings&, const work_key&, F f) {
    f();
  }
  template <index Out, index In>
  void pack(weight_view<scalar, Out, In>) {}
  template <index Out, index In, class Rows, class... Arguments>
  void linear_forward(const Rows& x, const Arguments&...) {
    count_product(x.rows(), Out, In);
  }
  template <index Out, index In, class Rows, class... Arguments>
  void linear_input_gradient(const Rows& dy, const Arguments&...) {
    count_product(dy.rows(), Out, In);
  }
  template <index Out, index In, class Rows, class... Arguments>
  void linear_weight_gradient(const Rows& dy, const Arguments&...) {
    count_product(dy.rows(), Out, In);
  }
  template <index D, class... Arguments>
  void layer_norm_forward(const Arguments&...) {}
  template <index D, class... Arguments>
  void layer_norm_backward(const Arguments&...) {}
  template <index Heads, index D, class Rows, class... Arguments>
  void attention_forward(index tokens, const Rows& qkv, const Arguments&...) {
    count_product(qkv.rows(), tokens, 2 * D);  // q·kᵀ, P·v
  }
  template <index Heads, index D, class Rows, class... Arguments>
  void attention_backward(index tokens, const Rows& dout, const Arguments&...) {
    count_product(dout.rows(), tokens, 4 * D);  // dP, dq, dk, dv
  }
  template <class... Arguments>
  void adamw_update(const Arguments&...) {}

  /// Floating-point operations of all products so far: 2·m·n·k each.
  double work() const { return work_; }

  index layer_norm_workspace(index rows) { return planned_.layer_norm_workspace(rows); }
  template <index Heads, index D>
  index attention_workspace(index tokens) {
    return planned_.template attention_workspace<Heads, D>(tokens);
  }
  template <index Out, index In>
  index packed_size() {
    return planned_.template packed_size<Out, In>();
  }

 private:
  void count_product(index rows, index columns, index depth) {
    work_ += 2.0 * double(rows) * double(columns) * double(depth);
  }

  B& planned_;
  double work_ = 0;
};

}  // namespace sdmae
