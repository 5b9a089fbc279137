// Conformance of the required operations other than the product: memory, copies, map and reductions.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "sdmae/core/arena.hpp"
#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

struct table_shape {
  index rows, width;
};
/// Nothing, single elements, odd sizes, and some that are worth splitting over threads.
inline constexpr table_shape table_shapes[] = {{0, 3},  {1, 1},    {1, 37},   {17, 1},   {5, 16},
                                               {13, 7}, {257, 67}, {3, 6001}, {19001, 1}};

/// allocate: aligned, not shared, movable. copy_in and copy_out: what goes in comes out, of every type.
template <tensor_backend B>
void check_memory(examiner<B>& e) {
  bool aligned = true;
  for (std::size_t bytes : {1, 64, 4096, 100001}) {
    auto one = e.backend.allocate(bytes);
    auto other = e.backend.allocate(bytes);
    aligned = aligned && reinterpret_cast<std::uintptr_t>(one.data()) % arena::alignment == 0;
    const auto* kept = one.data();
    auto moved = std::move(one);
    e.found.push_back(judged("allocate, moved owners keep their address", moved.data() == kept));
    e.found.push_back(judged("allocate, two owners", moved.data() != other.data()));
  }
  e.found.push_back(judged("allocate, 64-byte alignment", aligned));
  for (index count : {0, 1, 1001}) {
    const auto values = e.draw(count);
    guarded<B> copied(e.backend, values);
    e.compare(shaped("copy", {count}), copied, values, tolerance<scalar_of<B>>::exact);
    guarded<B, double> doubles(e.backend, std::vector<double>(static_cast<std::size_t>(count), -1.5));
    e.compare(shaped("copy of doubles", {count}), doubles, std::vector<double>(doubles.read().size(), -1.5), 0);
  }
}

/// map: once for every element, and nothing else. copy_in of bytes and indices, as kernels see them.
template <tensor_backend B>
void check_map(examiner<B>& e) {
  using T = scalar_of<B>;
  for (const table_shape s : table_shapes) {
    const auto start = e.draw(s.rows * s.width), added = e.draw(s.rows * s.width);
    guarded<B> x(e.backend, added), y(e.backend, start);
    const T* const from = x.data();
    T* const to = y.data();
    const index width = s.width;
    e.backend.map(s.rows, width, [=] SDMAE_ELEMENT(index r, index c) { to[r * width + c] += from[r * width + c]; });
    std::vector<T> expected = start;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += added[i];
    e.compare(shaped("map", {s.rows, width}), y, expected, tolerance<T>::exact);
  }
  guarded<B, std::int32_t> indices(e.backend, std::vector<std::int32_t>{4, 0, 3});
  guarded<B, std::uint8_t> bytes(e.backend, std::vector<std::uint8_t>{255, 2, 0, 7, 9});
  guarded<B> gathered(e.backend, 3);
  const std::int32_t* const position = indices.data();
  const std::uint8_t* const byte = bytes.data();
  T* const to = gathered.data();
  e.backend.map(3, 1, [=] SDMAE_ELEMENT(index r, index) { to[r] = T(byte[position[r]]); });
  e.compare("map, bytes gathered by indices", gathered, std::vector<T>{9, 255, 7}, tolerance<T>::exact);
}

template <class A, tensor_backend B, class Reduction>
void check_reduce_rows(examiner<B>& e, const char* name, Reduction reduction, table_shape s) {
  using T = scalar_of<B>;
  constexpr bool adds = std::is_same_v<Reduction, sdmae::reduction::sum>;
  auto values = e.draw(s.rows * s.width);
  if constexpr (!adds)
    for (T& value : values) value -= T(3);  // all below zero: a maximum that starts from 0 shows
  guarded<B> x(e.backend, values);
  guarded<B, A> out(e.backend, s.rows);
  const T* const from = x.data();
  const index width = s.width;
  e.backend.reduce_rows(reduction, column_view<A>{out.data(), s.rows}, width,
                        [=] SDMAE_ELEMENT(index r, index c) { return A(from[r * width + c]); });
  std::vector<textbook::real> expected;
  for (index r = 0; r < s.rows; ++r) {
    textbook::real total = adds ? 0 : -HUGE_VALL;
    for (index c = 0; c < width; ++c) {
      const textbook::real value = values[static_cast<std::size_t>(r * width + c)];
      total = adds ? total + value : std::fmax(total, value);
    }
    expected.push_back(total);
  }
  e.compare(shaped(name, {s.rows, width}), out, expected, adds ? tolerance<A>::sum : 0.0);
}

/// reduce_columns adds to what is there, in one call and in parts: row after row, so that the result is known to the
/// last bit, unless the backend says otherwise.
template <tensor_backend B>
void check_reduce_columns(examiner<B>& e, table_shape s) {
  using T = scalar_of<B>;
  const auto values = e.draw(s.rows * s.width), start = e.draw(s.width);
  guarded<B> x(e.backend, values), out(e.backend, start), in_parts(e.backend, start);
  const T* const from = x.data();
  const index width = s.width;
  e.backend.reduce_columns(out.data(), s.rows, width,
                           [=] SDMAE_ELEMENT(index r, index c) { return from[r * width + c]; });
  for (index part = 0; part < 3; ++part) {
    const index begin = s.rows * part / 3, end = s.rows * (part + 1) / 3;
    e.backend.reduce_columns(in_parts.data(), end - begin, width,
                             [=] SDMAE_ELEMENT(index r, index c) { return from[(begin + r) * width + c]; });
  }
  using Sum = std::conditional_t<B::slices_give_same_bits, T, textbook::real>;
  std::vector<Sum> expected(start.begin(), start.end());
  for (index r = 0; r < s.rows; ++r)
    for (index c = 0; c < width; ++c)
      expected[static_cast<std::size_t>(c)] += values[static_cast<std::size_t>(r * width + c)];
  const double rounding = s.rows > 1000 ? tolerance<T>::long_sum : tolerance<T>::sum;
  const double allowed = B::slices_give_same_bits ? tolerance<T>::exact : rounding;
  e.compare(shaped("reduce_columns", {s.rows, width}), out, expected, allowed);
  e.compare(shaped("reduce_columns in three parts", {s.rows, width}), in_parts, expected, allowed);
}

template <tensor_backend B>
void check_reductions(examiner<B>& e) {
  using T = scalar_of<B>;
  for (const table_shape s : table_shapes) {
    check_reduce_rows<T>(e, "reduce_rows, sum", reduction::sum{}, s);
    check_reduce_rows<double>(e, "reduce_rows, sum in double", reduction::sum{}, s);
    check_reduce_rows<T>(e, "reduce_rows, maximum", reduction::maximum{}, s);
    check_reduce_columns(e, s);
  }
  check_reduce_rows<double>(e, "reduce_rows, sum of nothing", reduction::sum{}, {4, 0});
}

}  // namespace sdmae::testing
