// Which branches of which images are dropped in a step (stochastic depth: Huang et al., arXiv 1603.09382).
#pragma once

#include <cstdint>

#include "sdmae/core/random.hpp"
#include "sdmae/core/shapes.hpp"

namespace sdmae {

/// Values that the towers of an architecture take for `count` images.
template <class Architecture>
constexpr index drop_path_values(index count) {
  index values = 0;
  for (const vit_shape& tower : Architecture::towers) values += tower.drop_path ? 2 * tower.depth * count : 0;
  return values;
}

/// Draws for image `image` of `count`: for each tower with drop path and each of its branches, at
/// keep[branch·count + image], 0 with the block's rate and 1/(1 − rate) otherwise. Rates rise linearly from 0 at a
/// tower's first block to `rate` at its last. Equal arguments give equal values.
template <class Architecture, class T>
void draw_drop_path(double rate, std::uint64_t seed, std::uint64_t epoch, std::uint64_t sample, index image,
                    index count, T* keep) {
  random_sequence numbers(seed, stream::drop_path, epoch, sample);
  for (const vit_shape& tower : Architecture::towers)
    for (int branch = 0; tower.drop_path && branch < 2 * tower.depth; ++branch, keep += count) {
      const double here = tower.depth > 1 ? rate * double(branch / 2) / double(tower.depth - 1) : 0.0;
      keep[image] = numbers.uniform() < here ? T(0) : T(1 / (1 - here));
    }
}

/// Copies what was drawn for `count` images to where the blocks read it.
template <class B, class T, class Saved>
void copy_drop_path(B& backend, const T* keep, index count, const Saved& saved) {
  const auto copy_column = [&](const auto& to) {
    if (to.rows() == 0) return;
    backend.copy_in(to.data, keep, count);
    keep += count;
  };
  saved.each_tower([&](const auto& tower) {
    for (const auto& block : tower.blocks) {
      copy_column(block.keep_1);
      copy_column(block.keep_2);
    }
  });
}

}  // namespace sdmae
