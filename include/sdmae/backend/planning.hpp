// A backend that does nothing, to plan the memory of one that does.
#pragma once

#include <cstddef>
#include <type_traits>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/defaults.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace sdmae {

/// Runs through the same code as B with every operation empty, asking for the same pieces of an arena. What a step
/// takes is so known before any memory is there, and cannot differ from what it then uses.
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
  void product(product_shape, scalar, operand<const scalar>, operand<const scalar>, operand<scalar>, bool) {}

  void fill(scalar*, index, scalar) {}
  template <index Out, index In>
  void pack(weight_view<scalar, Out, In>) {}
  template <index Out, index In, class... Arguments>
  void linear_forward(const Arguments&...) {}
  template <index Out, index In, class... Arguments>
  void linear_input_gradient(const Arguments&...) {}
  template <index Out, index In, class... Arguments>
  void linear_weight_gradient(const Arguments&...) {}
  template <index D, class... Arguments>
  void layer_norm_forward(const Arguments&...) {}
  template <index D, class... Arguments>
  void layer_norm_backward(const Arguments&...) {}
  template <index Heads, index D, class... Arguments>
  void attention_forward(const Arguments&...) {}
  template <index Heads, index D, class... Arguments>
  void attention_backward(const Arguments&...) {}
  template <class... Arguments>
  void adamw_update(const Arguments&...) {}

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
  B& planned_;
};

}  // namespace sdmae
