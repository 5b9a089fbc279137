// Element types of tensor files: names, widths, and conversion to the scalars that the library computes in.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// Element types that a safetensors file may hold.
enum class dtype { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

namespace detail {

struct dtype_facts {
  dtype type;
  std::string_view name;
  index size;
};

inline constexpr std::array<dtype_facts, 13> dtype_table{{{dtype::f64, "F64", 8},
                                                          {dtype::f32, "F32", 4},
                                                          {dtype::f16, "F16", 2},
                                                          {dtype::bf16, "BF16", 2},
                                                          {dtype::i64, "I64", 8},
                                                          {dtype::i32, "I32", 4},
                                                          {dtype::i16, "I16", 2},
                                                          {dtype::i8, "I8", 1},
                                                          {dtype::u64, "U64", 8},
                                                          {dtype::u32, "U32", 4},
                                                          {dtype::u16, "U16", 2},
                                                          {dtype::u8, "U8", 1},
                                                          {dtype::boolean, "BOOL", 1}}};

}  // namespace detail

/// The name in a file's header ("F32") and the bytes of one element.
constexpr std::string_view dtype_name(dtype type) { return detail::dtype_table[static_cast<std::size_t>(type)].name; }
constexpr index dtype_size(dtype type) { return detail::dtype_table[static_cast<std::size_t>(type)].size; }

constexpr std::optional<dtype> dtype_named(std::string_view name) {
  for (const detail::dtype_facts& row : detail::dtype_table)
    if (row.name == name) return row.type;
  return std::nullopt;
}

/// The element type that stores a C++ scalar.
template <class Scalar>
constexpr dtype dtype_of() {
  if constexpr (std::is_same_v<Scalar, bool>) return dtype::boolean;
  if constexpr (std::is_same_v<Scalar, double>) return dtype::f64;
  if constexpr (std::is_same_v<Scalar, float>) return dtype::f32;
  static_assert(std::is_integral_v<Scalar> || std::is_same_v<Scalar, double> || std::is_same_v<Scalar, float>,
                "sdmae::dtype_of: a scalar must be float, double, bool or an integer");
  constexpr bool is_signed = std::is_signed_v<Scalar>;
  if constexpr (sizeof(Scalar) == 8) return is_signed ? dtype::i64 : dtype::u64;
  if constexpr (sizeof(Scalar) == 4) return is_signed ? dtype::i32 : dtype::u32;
  if constexpr (sizeof(Scalar) == 2) return is_signed ? dtype::i16 : dtype::u16;
  return is_signed ? dtype::i8 : dtype::u8;
}

/// A half-precision number (IEEE 754 binary16) as a float, exactly.
inline float half_to_float(std::uint16_t half) {
  const std::uint32_t sign = std::uint32_t{half & 0x8000u} << 16;
  const std::uint32_t exponent = (half >> 10) & 31u, fraction = half & 1023u;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | (fraction << 13));
  if (exponent > 0) return std::bit_cast<float>(sign | ((exponent + 112u) << 23) | (fraction << 13));
  const float subnormal = static_cast<float>(fraction) * (1.0f / 16777216.0f);  // fraction · 2^-24
  return sign ? -subnormal : subnormal;
}

/// A bfloat16 number as a float, exactly.
inline float bfloat16_to_float(std::uint16_t value) { return std::bit_cast<float>(std::uint32_t{value} << 16); }

namespace detail {

template <class To, class From>
bool convert_value(From value, To& out) {
  if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    return false;  // a weight silently cut to an integer would be nonsense
  } else if constexpr (std::is_integral_v<To> && !std::is_same_v<To, bool> && !std::is_same_v<From, bool>) {
    if (!std::in_range<To>(value)) return false;
    out = static_cast<To>(value);
    return true;
  } else {
    out = static_cast<To>(value);
    return true;
  }
}

template <class Stored, class To, class Decode>
bool convert_all(const unsigned char* bytes, index count, To* out, Decode decode) {
  for (index i = 0; i < count; ++i) {
    Stored stored;
    std::memcpy(&stored, bytes + i * static_cast<index>(sizeof(Stored)), sizeof(Stored));
    if (!convert_value(decode(stored), out[i])) return false;
  }
  return true;
}

/// Little-endian elements of `type` to scalars. False when a value does not fit: a fraction into an integer, or an
/// integer out of range.
template <class To>
bool convert_elements(dtype type, const unsigned char* bytes, index count, To* out) {
  const auto same = [](auto value) { return value; };
  switch (type) {
    case dtype::f64:
      return convert_all<double>(bytes, count, out, same);
    case dtype::f32:
      return convert_all<float>(bytes, count, out, same);
    case dtype::f16:
      return convert_all<std::uint16_t>(bytes, count, out, half_to_float);
    case dtype::bf16:
      return convert_all<std::uint16_t>(bytes, count, out, bfloat16_to_float);
    case dtype::i64:
      return convert_all<std::int64_t>(bytes, count, out, same);
    case dtype::i32:
      return convert_all<std::int32_t>(bytes, count, out, same);
    case dtype::i16:
      return convert_all<std::int16_t>(bytes, count, out, same);
    case dtype::i8:
      return convert_all<std::int8_t>(bytes, count, out, same);
    case dtype::u64:
      return convert_all<std::uint64_t>(bytes, count, out, same);
    case dtype::u32:
      return convert_all<std::uint32_t>(bytes, count, out, same);
    case dtype::u16:
      return convert_all<std::uint16_t>(bytes, count, out, same);
    case dtype::u8:
      return convert_all<std::uint8_t>(bytes, count, out, same);
    case dtype::boolean:
      return convert_all<std::uint8_t>(bytes, count, out, [](std::uint8_t value) { return value != 0; });
  }
  return false;
}

}  // namespace detail
}  // namespace sdmae
