// A masking policy chosen at run time.
#pragma once

#include <string_view>
#include <variant>

#include "sdmae/masking/block.hpp"
#include "sdmae/masking/grid.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/masking/tissue.hpp"

namespace sdmae::masking {

/// One of the policies that draw their masks: what programs hold, whose user names it.
struct any {
  std::variant<random, block, grid, tissue> chosen;

  index visible(index patches) const {
    return std::visit([&](const auto& mask) { return mask.visible(patches); }, chosen);
  }
  void draw(const request& r, std::int32_t* order) const {
    std::visit([&](const auto& mask) { mask.draw(r, order); }, chosen);
  }

  static constexpr std::string_view names[] = {"random", "block", "grid", "tissue"};  // in the variant's order
  std::string_view name() const { return names[chosen.index()]; }

  /// The policy of one of `names` at a mask ratio. Throws sdmae::error for another name.
  static any named(std::string_view name, double ratio) {
    if (name == "random") return {random{.ratio = ratio}};
    if (name == "block") return {block{.ratio = ratio}};
    if (name == "grid") return {grid{.ratio = ratio}};
    if (name == "tissue") return {tissue{.ratio = ratio}};
    throw error("mask " + std::string(name), "there is no such policy", "there are: random, block, grid, tissue");
  }
};

static_assert(mask_policy<any>);

}  // namespace sdmae::masking
