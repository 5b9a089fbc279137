// What a training run keeps from step to step beside the weights.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/defaults/adamw.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae {

/// Flat buffers laid out like the weights, and the states of the losses. Cut from an arena; what precedes `numbers` is
/// zero at the start.
template <class Model, class Loss>
struct training_state {
  using T = typename Model::scalar;
  using loss_states = typename Loss::template states<T, typename Model::architecture>;

  T *gradients = nullptr, *first_moments = nullptr, *second_moments = nullptr;
  typename Model::parameters gradient_views;
  loss_states losses;
  /// AdamW's numbers differ by layer where the learning rate does: see layer_of.
  static constexpr index groups = Model::architecture::encoder_shape.depth + 2;
  adamw_numbers<T>* numbers = nullptr;  // [groups]
  double* norm_workspace = nullptr;
  index zeroed = 0;  // values from `gradients` on that start at zero

  template <tensor_backend B>
  static training_state plan(arena& memory, B& backend) {
    training_state s;
    s.gradients = memory.take<T>("gradients", Model::storage);
    s.first_moments = memory.take<T>("first moments", Model::storage);
    s.second_moments = memory.take<T>("second moments", Model::storage);
    s.losses = loss_states::plan(memory);
    s.zeroed = static_cast<index>(memory.used() / sizeof(T));
    s.numbers = memory.take<adamw_numbers<T>>("optimiser numbers", groups);
    s.norm_workspace = memory.take<double>("norm", backend.sum_of_squares_workspace(Model::storage));
    if (!memory.planning()) s.gradient_views = bind_parameters<typename Model::parameters>(s.gradients);
    return s;
  }
};

}  // namespace sdmae
