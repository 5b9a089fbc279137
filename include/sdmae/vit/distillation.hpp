// The distillation that a shape asks for.
#pragma once

#include <type_traits>

#include "sdmae/vit/feature_distillation.hpp"
#include "sdmae/vit/prototype_distillation.hpp"

namespace sdmae::vit {

namespace detail {
// A function, because nvcc does not tell specialisations apart by the type of a value.
template <index D, index Dd, auto Shape>
constexpr auto chosen_distillation() {
  if constexpr (Shape.kind == distilled::prototypes)
    return std::type_identity<prototype_distillation<D, Dd, Shape>>{};
  else
    return std::type_identity<feature_distillation<D, Dd, Shape>>{};
}
}  // namespace detail

/// head_shape: prototype_distillation; feature_shape: feature_distillation.
template <index D, index Dd, auto Shape>
using distillation = typename decltype(detail::chosen_distillation<D, Dd, Shape>())::type;

}  // namespace sdmae::vit
