// Memory for tests: values of a backend between two guards, poisoned until something writes them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "sdmae/backend/concept.hpp"

namespace sdmae::testing {

/// Bytes of a value that carry it (the 80-bit long double has padding).
template <class V>
inline constexpr std::size_t value_bytes = std::is_same_v<V, long double> && sizeof(V) == 16 ? 10 : sizeof(V);

/// Every byte 0xFF: NaN for floating-point values, −1 for integers.
template <class V>
std::vector<V> poison(index count) {
  std::vector<V> values(static_cast<std::size_t>(count));
  if (count > 0) std::memset(static_cast<void*>(values.data()), 0xFF, values.size() * sizeof(V));
  return values;
}

template <class V>
bool is_poison(const V& value) {
  const V expected = poison<V>(1)[0];
  return std::memcmp(&value, &expected, value_bytes<V>) == 0;
}

/// FNV-1a over the bytes of some values.
template <class V>
std::uint64_t hash_of(const std::vector<V>& values, std::uint64_t hash = 14695981039346656037ull) {
  for (const V& value : values) {
    unsigned char bytes[sizeof(V)];
    std::memcpy(bytes, &value, sizeof(V));
    for (std::size_t i = 0; i < value_bytes<V>; ++i) hash = (hash ^ bytes[i]) * 1099511628211ull;
  }
  return hash;
}

/// `count` values in the backend's memory at a 64-byte boundary. Guards on both sides are NaN, so that reading them
/// shows, and are compared bit by bit, so that writing them shows.
template <tensor_backend B, class V = scalar_of<B>>
class guarded {
 public:
  guarded(B& backend, index count)
      : backend_(backend),
        count_(count),
        owner_(backend.allocate(sizeof(V) * static_cast<std::size_t>(count + 2 * guard))) {
    copy(all(), poison<V>(count + 2 * guard));
  }
  guarded(B& backend, const std::vector<V>& values) : guarded(backend, static_cast<index>(values.size())) {
    write(values);
  }

  V* data() { return all() + guard; }
  index count() const { return count_; }
  void write(const std::vector<V>& values) { copy(data(), values); }

  /// The values, on the host.
  std::vector<V> read() { return read(data(), count_); }
  bool intact() {
    const auto whole = [](const std::vector<V>& side) {
      return std::all_of(side.begin(), side.end(), [](const V& value) { return is_poison(value); });
    };
    return whole(read(all(), guard)) && whole(read(data() + count_, guard));
  }

 private:
  static constexpr index guard = 64;
  V* all() { return reinterpret_cast<V*>(static_cast<std::byte*>(owner_.data())); }
  void copy(V* to, const std::vector<V>& values) {
    backend_.copy_in(to, values.data(), static_cast<index>(values.size()));
    backend_.synchronise();
  }
  std::vector<V> read(const V* from, index count) {
    std::vector<V> values(static_cast<std::size_t>(count));
    backend_.copy_out(values.data(), from, count);
    backend_.synchronise();
    return values;
  }

  B& backend_;
  index count_;
  decltype(std::declval<B&>().allocate(std::size_t{})) owner_;
};

}  // namespace sdmae::testing
