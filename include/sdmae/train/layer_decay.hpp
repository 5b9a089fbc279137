// Layers nearer to the image learn more slowly (Clark et al., arXiv 2003.10555, §3.1; Bao et al., arXiv 2106.08254).
#pragma once

#include <cmath>
#include <string_view>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// How far from the image a parameter of an encoder of `depth` blocks is, by its name: 0 for what makes tokens of
/// patches (patch_embed, cls_token, pos_embed), i + 1 in block i, depth + 1 for what follows the blocks.
inline index layer_of(std::string_view name, index depth) {
  constexpr std::string_view prefix = "encoder.", blocks = "blocks.";
  if (name.substr(0, prefix.size()) == prefix) name.remove_prefix(prefix.size());
  if (name.substr(0, blocks.size()) == blocks) {
    index block = 0;
    for (const char digit : name.substr(blocks.size(), name.find('.', blocks.size()) - blocks.size()))
      block = 10 * block + (digit - '0');
    return block + 1;
  }
  for (const std::string_view start : {"patch_embed.", "cls_token", "pos_embed"})
    if (name.substr(0, start.size()) == start) return 0;
  return depth + 1;
}

/// What the learning rate of a layer is multiplied with: decay^(depth + 1 − layer), 1 behind the last block.
inline double layer_rate(double decay, index layer, index depth) {
  return std::pow(decay, static_cast<double>(depth + 1 - layer));
}

}  // namespace sdmae
