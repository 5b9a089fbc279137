// Default bodies for everything beyond the required operations of a backend. A backend inherits them and hides those it
// does better:
//     class my_backend : public sdmae::backend_defaults<my_backend, float> { … };
#pragma once

#include "sdmae/backend/defaults/adamw.hpp"
#include "sdmae/backend/defaults/attention.hpp"
#include "sdmae/backend/defaults/layer_norm.hpp"
#include "sdmae/backend/defaults/linear.hpp"

namespace sdmae {

template <class Self, class T>
class backend_defaults : public defaults::linear<Self, T>,
                         public defaults::layer_norm<Self, T>,
                         public defaults::attention<Self, T>,
                         public defaults::adamw<Self, T> {
 public:
  using scalar = T;

  /// values[0 … count) = value.
  void fill(T* values, index count, T value) {
    static_cast<Self&>(*this).map(count, 1, [=] SDMAE_ELEMENT(index i, index) { values[i] = value; });
  }
};

}  // namespace sdmae
