// Lanes of vector registers in another order.
#pragma once

namespace sdmae::cpu {

/// The values at Lane… of a and b side by side.
template <int... Lane, class Vector>
Vector shuffled(const Vector& a, const Vector& b) {
#if defined(__CUDACC__)  // nvcc forgets to expand a pack inside the builtin
  constexpr int lanes = sizeof...(Lane), from[] = {Lane...};
  Vector result;
  for (int i = 0; i < lanes; ++i) result[i] = from[i] < lanes ? a[from[i]] : b[from[i] - lanes];
  return result;
#else
  return __builtin_shufflevector(a, b, Lane...);
#endif
}

}  // namespace sdmae::cpu
