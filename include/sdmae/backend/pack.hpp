// Packed weights: how much room a backend wants beside each weight, and refreshing it.
#pragma once

#include <string_view>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae {

/// Values of the packed form of a weight, rounded up so that every one starts at a 64-byte boundary.
template <tensor_backend B>
struct packed_size {
  B& backend;

  template <class T, index Out, index In>
  constexpr index operator()(const weight_view<T, Out, In>&) const {
    constexpr index grain = detail::table_walk::grain;
    return (backend.template packed_size<Out, In>() + grain - 1) / grain * grain;
  }
};

namespace detail {

template <tensor_backend B>
class pack_walk : public parameter_walk<pack_walk<B>> {
 public:
  explicit pack_walk(B& backend) : backend_(backend) {}

  template <class View>
  constexpr index place(View&) {
    return 0;
  }
  template <index Out, index In>
  index place(weight_view<scalar_of<B>, Out, In>& weight) {
    backend_.template pack<Out, In>(weight);
    return 0;
  }
  constexpr void piece(std::string_view, index, parameter_shape, parameter_traits) {}

 private:
  B& backend_;
};

}  // namespace detail

/// Refreshes the packed form of every weight of a parameter struct. Once a step, after the weights have changed.
template <tensor_backend B, class Parameters>
void pack_weights(B& backend, Parameters& parameters) {
  detail::pack_walk<B> walk(backend);
  parameters.each(walk);
}

}  // namespace sdmae
