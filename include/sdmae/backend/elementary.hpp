// Exponential, logarithm and root. In float they are straight-line polynomials without branches or calls, so
// that a loop over them becomes vector code on every instruction set; other scalars take the standard library's.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "sdmae/core/config.hpp"

namespace sdmae::elementary {

/// a·b + c, rounded once where the processor can.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float multiply_add(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA) || defined(__CUDA_ARCH__)
  return std::fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// c₀ + x·(c₁ + x·(c₂ + …))
template <class... C>
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float polynomial(float x, float first, C... rest) {
  if constexpr (sizeof...(rest) == 0)
    return first;
  else
    return multiply_add(x, polynomial(x, rest...), first);
}

/// condition ? yes : no, by bits: written with ?: compilers make a branch of it that ends a vector loop.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float select(bool condition, float yes, float no) {
  const std::uint32_t mask = 0u - static_cast<std::uint32_t>(condition);
  return std::bit_cast<float>((std::bit_cast<std::uint32_t>(yes) & mask) | (std::bit_cast<std::uint32_t>(no) & ~mask));
}

SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float with_sign_of(float x, float size) {
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(size) | (std::bit_cast<std::uint32_t>(x) & 0x80000000u));
}

/// x where |x| ≤ limit, else the nearer of ±limit.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float within(float limit, float x) {
  const float size = std::bit_cast<float>(std::bit_cast<std::uint32_t>(x) & 0x7fffffffu);
  return with_sign_of(x, select(size > limit, limit, size));
}

namespace detail {

/// eˣ as p·2ⁿ: x = n·ln 2 + r, |r| ≤ ln 2/2, p = 1 + r + r²·E(r).
struct scaled_exponential {
  float p;
  std::int32_t n;
};
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE scaled_exponential reduce_exponential(float x) {
  constexpr float shift = 12582912.0f;  // 1.5·2²³: a sum with it has the nearest integer in its low bits
  const float shifted = multiply_add(x, 1.44269504f, shift);
  const float n = shifted - shift;
  const float r = multiply_add(n, -1.42860677e-6f, multiply_add(n, -0.693145752f, x));
  const float e = polynomial(r, 0.5f, 0.166666672f, 0.041666463f, 0.00833331048f, 0.00139336672f, 0.0001989101f);
  return {multiply_add(r * r, e, r) + 1.0f, static_cast<std::int32_t>(n)};
}
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float power_of_two(std::int32_t n) {
  return std::bit_cast<float>((n + 127) * (1 << 23));
}

/// eˣ for −87 ≤ x ≤ 88, where it is neither denormal nor infinite.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float exp_of_moderate(float x) {
  const scaled_exponential e = reduce_exponential(x);
  return e.p * power_of_two(e.n);
}

}  // namespace detail

/// eˣ within 1 ulp, with denormal results, 0 and ∞ at the ends, NaN for NaN. 2ⁿ comes in two factors, so that neither
/// overflows.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float exp(float x) {
  x = select(x > 89.0f, 89.0f, x);
  x = select(x < -104.0f, -104.0f, x);
  const detail::scaled_exponential e = detail::reduce_exponential(x);
  return e.p * detail::power_of_two(e.n / 2) * detail::power_of_two(e.n - e.n / 2);
}

/// eˣ within 1 ulp for −87 ≤ x ≤ 88; below, what it is at −87 (1.6e-38), which exp would take longer to tell from 0.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float decay(float x) {
  return detail::exp_of_moderate(select(x < -87.0f, -87.0f, x));
}

/// ln x within 1 ulp, denormal x included; −∞ at 0, NaN below it: x = 2ⁿ·(1 + f), 1 + f in [√½, √2), and
/// ln(1 + f) = f − f²/2 + f³·L(f).
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float log(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x * select(tiny, 8388608.0f, 1.0f));
  const std::uint32_t above = bits - 0x3f3504f3u;  // √½
  const float n = static_cast<float>(static_cast<std::int32_t>(above) >> 23) - select(tiny, 23.0f, 0.0f);
  const float f = std::bit_cast<float>((above & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  const float l = polynomial(f, 0.333333313f, -0.24999997f, 0.200007156f, -0.166678026f, 0.142490581f, -0.124256872f,
                             0.116854198f, -0.114797339f, 0.0697161183f);
  const float low = multiply_add(f * f, multiply_add(f, l, -0.5f), n * -2.12194440e-4f);
  const float result = multiply_add(n, 0.693359375f, low + f);
  const float not_a_number = std::bit_cast<float>(0x7fc00000u), infinity = std::bit_cast<float>(0x7f800000u);
  const float for_positive = select(x == 0.0f, -infinity, select(x < infinity, result, x));
  return select(x < 0.0f, not_a_number, for_positive);
}

/// √x within 1 ulp, denormal x included; NaN below 0. In code of its own because the standard library's may set errno,
/// which ends a vector loop: a first guess of 1/√x from the bits of x (halved exponent), three steps of Newton's
/// r ← r·(3 − x·r²)/2, and one of Heron's for the root itself.
SDMAE_HOST_DEVICE SDMAE_ALWAYS_INLINE float sqrt(float x) {
  const bool tiny = x < 1.17549435e-38f;
  const float y = x * select(tiny, 16777216.0f, 1.0f);  // 2²⁴
  float r = std::bit_cast<float>(0x5f375a86u - (std::bit_cast<std::uint32_t>(y) >> 1));
  for (int i = 0; i < 3; ++i) r = r * multiply_add(-0.5f * y * r, r, 1.5f);
  const float guess = y * r;
  const float root =
      multiply_add(multiply_add(-guess, guess, y), 0.5f * r, guess) * select(tiny, 0.000244140625f, 1.0f);
  const float not_a_number = std::bit_cast<float>(0x7fc00000u), infinity = std::bit_cast<float>(0x7f800000u);
  return select(x < 0.0f, not_a_number, select(x > 0.0f, select(x < infinity, root, x), x));
}

template <class T>
requires(!std::is_same_v<T, float>) SDMAE_HOST_DEVICE T exp(T x) {
  using std::exp;
  return exp(x);
}
template <class T>
requires(!std::is_same_v<T, float>) SDMAE_HOST_DEVICE T decay(T x) { return exp(x); }
template <class T>
requires(!std::is_same_v<T, float>) SDMAE_HOST_DEVICE T log(T x) {
  using std::log;
  return log(x);
}
template <class T>
requires(!std::is_same_v<T, float>) SDMAE_HOST_DEVICE T sqrt(T x) {
  using std::sqrt;
  return sqrt(x);
}

}  // namespace sdmae::elementary
