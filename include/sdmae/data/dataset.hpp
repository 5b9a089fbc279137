// What a data set is, and the order in which training visits one.
#pragma once

#include <concepts>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/data/image.hpp"

namespace sdmae {

/// Numbered pictures. load may be called from several threads at once; it throws an sdmae::error for a picture that is
/// broken, and only that is survived by a loader.
template <class Type>
concept dataset = requires(const Type& data, index i) {
  { data.size() } -> std::convertible_to<index>;
  { data.name(i) } -> std::convertible_to<std::string>;
  { data.load(i) } -> std::convertible_to<decoded_image>;
};

/// 0, 1, …, n − 1.
inline std::vector<index> ascending_order(index n) {
  std::vector<index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), index{0});
  return order;
}

/// The order in which an epoch visits n samples: uniform over all orders, a function of its arguments alone.
inline std::vector<index> epoch_order(std::uint64_t seed, index epoch, index n) {
  std::vector<index> order = ascending_order(n);
  random_sequence random(seed, stream::shuffle, static_cast<std::uint64_t>(epoch));
  shuffle(order.data(), n, random);
  return order;
}

}  // namespace sdmae
