// Scalar functions that every backend shares.
#pragma once

#include "sdmae/backend/elementary.hpp"

namespace sdmae {

/// The exact GELU, x·Φ(x) with Φ(x) = ½(1 + erf(x/√2)) (Hendrycks and Gimpel, arXiv 1606.08415).
template <class T>
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T gelu(T x) {
  return T(0.5) * x * (T(1) + elementary::erf(x * T(0.70710678118654752440L)));
}

/// d/dx gelu(x) = Φ(x) + x·φ(x), φ(x) = exp(−x²/2)/√(2π).
template <class T>
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T gelu_derivative(T x) {
  return T(0.5) * (T(1) + elementary::erf(x * T(0.70710678118654752440L))) +
         x * elementary::bell(x) * T(0.39894228040143267794L);
}

}  // namespace sdmae
