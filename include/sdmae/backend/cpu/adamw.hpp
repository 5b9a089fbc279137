// AdamW over a run of the flat buffers on one CPU thread: each value is read and written once.
#pragma once

#include "sdmae/backend/defaults/adamw.hpp"
#include "sdmae/backend/elementary.hpp"

namespace sdmae::cpu {

/// See defaults::adamw::adamw_update, for values [offset, offset + count).
template <class T>
void adamw_run(adamw_buffers<T> buffers, index offset, index count, bool decays, adamw_numbers<T> n) {
  const T* const gradients = buffers.gradients + offset;
  T* const weights = buffers.weights + offset;
  T* const first = buffers.first_moments + offset;
  T* const second = buffers.second_moments + offset;
  const T keep = decays ? n.keep : T(1);
  SDMAE_INDEPENDENT
  for (index i = 0; i < count; ++i) {
    const T g = n.gradient_scale * gradients[i];
    const T m = n.beta1 * first[i] + n.beta1_complement * g;
    const T v = n.beta2 * second[i] + n.beta2_complement * g * g;
    first[i] = m;
    second[i] = v;
    weights[i] = keep * weights[i] - n.step * (m / (elementary::sqrt(v) * n.inverse_root_correction + n.epsilon));
  }
}

}  // namespace sdmae::cpu
