// A linear layer without bias whose rows have a fixed length (Salimans and Kingma, arXiv 1602.07868): the prototypes of
// a projection head.
#pragma once

#include <cmath>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae::nn {

/// Row k of the effective weight is g_k·v_k/‖v_k‖. g is 1 and frozen (released SD-MAE), v is trained.
template <index In, index Out>
struct weight_norm_linear {
  template <class T>
  struct parameters {
    vector_view<T, Out> weight_g;
    matrix_view<T, Out, In> weight_v;

    template <class Walk>
    constexpr void each(Walk& walk) {
      walk("weight_g", weight_g, {Out, 1}, {.start = initial::one, .trained = false});
      walk("weight_v", weight_v, {Out, In}, {.start = initial::fan_in_uniform, .fan_in = In, .decays = true});
    }
  };

  /// Made once a step from the parameters: the effective weight and the lengths of the rows of v.
  template <class T>
  struct effective {
    weight_view<T, Out, In> weight;
    column_view<T> length;

    template <class B>
    static effective plan(arena& memory, B& backend) {
      T* const weight = memory.take<T>("prototypes", Out * In);
      T* const packed = memory.take<T>("packed prototypes", backend.template packed_size<Out, In>());
      return {{weight, packed}, memory.rows<T, 1>("prototype lengths", Out)};
    }
  };

  /// effective.weight(k, ·) = g_k·v_k/‖v_k‖.
  template <tensor_backend B>
  static void prepare(B& backend, const parameters<scalar_of<B>>& p, const effective<scalar_of<B>>& e) {
    using T = scalar_of<B>;
    const auto g = p.weight_g;
    const auto v = p.weight_v;
    const auto weight = e.weight;
    const auto length = e.length;
    backend.reduce_rows(reduction::sum{}, length, In,
                        [=] SDMAE_ELEMENT(index r, index c) { return v(r, c) * v(r, c); });
    backend.map(Out, 1, [=] SDMAE_ELEMENT(index r, index) {
      using std::sqrt;
      length(r, 0) = sqrt(length(r, 0));
    });
    backend.map(Out, In, [=] SDMAE_ELEMENT(index r, index c) { weight(r, c) = g(r) * (v(r, c) / length(r, 0)); });
    backend.template pack<Out, In>(weight_view<T, Out, In>(weight));
  }

  /// During a step gradient.weight_v collects dW, the gradient of the effective weight. Once, after the last slice,
  /// this turns it into dv = (g/‖v‖)·(dW − v̂·(v̂·dW)), v̂ = v/‖v‖.
  template <tensor_backend B>
  static void finish(B& backend, const parameters<scalar_of<B>>& p, const effective<scalar_of<B>>& e,
                     const parameters<scalar_of<B>>& gradient, arena& scratch) {
    using T = scalar_of<B>;
    arena::scope here(scratch);
    const auto along = scratch.rows<T, 1>("along", Out);
    const auto g = p.weight_g;
    const auto v = p.weight_v;
    const auto length = e.length;
    const auto dv = gradient.weight_v;
    backend.reduce_rows(reduction::sum{}, along, In,
                        [=] SDMAE_ELEMENT(index r, index c) { return v(r, c) / length(r, 0) * dv(r, c); });
    backend.map(Out, In, [=] SDMAE_ELEMENT(index r, index c) {
      dv(r, c) = g(r) / length(r, 0) * (dv(r, c) - v(r, c) / length(r, 0) * along(r, 0));
    });
  }
};

}  // namespace sdmae::nn
