// Default bodies for everything beyond the required operations of a backend. A backend inherits them and hides those it
// does better:
//     class my_backend : public sdmae::backend_defaults<my_backend, float> { … };
#pragma once

#include <array>

#include "sdmae/backend/defaults/adamw.hpp"
#include "sdmae/backend/defaults/attention.hpp"
#include "sdmae/backend/defaults/layer_norm.hpp"
#include "sdmae/backend/defaults/linear.hpp"
#include "sdmae/core/arena.hpp"

namespace sdmae {

/// What tells a piece of work from others of the same owner.
using work_key = std::array<index, 6>;

template <class Self, class T>
class backend_defaults : public defaults::linear<Self, T>,
                         public defaults::layer_norm<Self, T>,
                         public defaults::attention<Self, T>,
                         public defaults::adamw<Self, T> {
 public:
  using scalar = T;

  /// Whether reduce_columns and everything made of it gives the same bits however a batch is cut into slices. A backend
  /// that sums rows in another order than one after the other hides it with false.
  static constexpr bool slices_give_same_bits = true;

  /// values[0 … count) = value.
  void fill(T* values, index count, T value) {
    static_cast<Self&>(*this).map(count, 1, [=] SDMAE_ELEMENT(index i, index) { values[i] = value; });
  }

  /// Takes from a planning arena what the backend itself keeps, beside what it is asked to allocate.
  void plan_own_memory(arena&) const {}

  /// f(), which asks for the same operations on the same memory whenever `key` is the same, and copies nothing in or
  /// out: a backend may record what f asks for and do it again without calling f. The owner of `recordings` makes them
  /// anew when memory that f touches is given back.
  struct recordings {};
  template <class F>
  void repeat(recordings&, const work_key&, F f) {
    f();
  }
};

}  // namespace sdmae
