// Scalar functions that every backend shares.
#pragma once

#include <cmath>

#include "sdmae/backend/elementary.hpp"

namespace sdmae {

/// The exact GELU, x·Φ(x) with Φ(x) = ½(1 + erf(x/√2)) (Hendrycks and Gimpel, arXiv 1606.08415).
template <class T>
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T gelu(T x) {
  using std::erf;
  return T(0.5) * x * (T(1) + erf(x * T(0.70710678118654752440L)));
}

/// d/dx gelu(x) = Φ(x) + x·φ(x), φ(x) = exp(−x²/2)/√(2π).
template <class T>
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE T gelu_derivative(T x) {
  using std::erf;
  using std::exp;
  return T(0.5) * (T(1) + erf(x * T(0.70710678118654752440L))) + x * exp(T(-0.5) * x * x) * T(0.39894228040143267794L);
}

// In float both are ½ + x·P(x²)/Q(x²), the best such for |x| up to where they are 0 or 1 in float, and no further.

/// Within 2.5e-7 of the larger of 1 and |x|; 0 below −5.3, where it is smaller than that.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float gelu(float x) {
  const float t = elementary::within(5.3f, x), z = t * t;
  const float p = elementary::polynomial(z, 0.398942203f, 0.0336974642f, 0.00467490521f, 0.00016816777f,
                                         6.43663618e-06f, 2.34558324e-08f);
  const float q =
      elementary::polynomial(z, 1.0f, 0.251132558f, 0.0285755581f, 0.00188053113f, 7.38954706e-05f, 1.22421021e-06f);
  return elementary::select(x < -5.3f, 0.0f, x * elementary::multiply_add(t, p / q, 0.5f));
}

/// Within 2.5e-7.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float gelu_derivative(float x) {
  const float t = elementary::within(6.0f, x), z = t * t;
  const float p = elementary::polynomial(z, 0.797884529f, -0.0182440373f, 0.0135776251f, 0.000281403632f,
                                         3.20390245e-05f, 1.11117277e-06f, 1.29107328e-08f, -2.87543224e-11f);
  const float q = elementary::polynomial(z, 1.0f, 0.310467391f, 0.0455074546f, 0.00413978461f, 0.00025765257f,
                                         1.07676573e-05f, 3.60390494e-07f);
  return elementary::multiply_add(t, p / q, 0.5f);
}

}  // namespace sdmae
