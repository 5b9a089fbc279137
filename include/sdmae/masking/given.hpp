// Masks brought by the caller.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/masking/concept.hpp"

namespace sdmae::masking {

/// Sample i gets the i-th mask, in every epoch.
class given {
 public:
  /// masked: [samples, patches], 1 hides a patch. Every sample must leave the same number visible, at least one.
  given(const std::vector<std::uint8_t>& masked, index patches) : patches_(patches) {
    const index samples = patches > 0 ? index(masked.size()) / patches : 0;
    if (samples == 0 || samples * patches != index(masked.size()))
      throw error(
          "given masks",
          std::to_string(masked.size()) + " values are not whole masks of " + std::to_string(patches) + " patches",
          "pass [samples, patches]");
    for (index i = 0; i < samples; ++i) add(masked.data() + i * patches, i);
  }

  /// orders: [samples, patches], a permutation of the patches each, the first `visible` of which are seen, in this
  /// order.
  static given orders(const std::vector<std::int32_t>& orders, index patches, index visible) {
    const index samples = patches > 0 ? index(orders.size()) / patches : 0;
    if (samples == 0 || samples * patches != index(orders.size()) || visible < 1 || visible > patches)
      throw error("given masks",
                  std::to_string(orders.size()) + " values, " + std::to_string(visible) +
                      " visible, are not orders of " + std::to_string(patches) + " patches",
                  "pass [samples, patches] and at least one visible patch");
    std::vector<std::int32_t> sorted;
    for (index i = 0; i < samples; ++i) {
      sorted.assign(orders.begin() + i * patches, orders.begin() + (i + 1) * patches);
      std::sort(sorted.begin(), sorted.end());
      for (index patch = 0; patch < patches; ++patch)
        if (sorted[static_cast<std::size_t>(patch)] != patch)
          throw error("given masks", "sample " + std::to_string(i) + " is no permutation of the patches",
                      "name every patch once");
    }
    given made;
    made.patches_ = patches;
    made.visible_ = visible;
    made.orders_ = orders;
    return made;
  }

  index visible(index patches) const {
    if (patches != patches_)
      throw error("given masks",
                  "made for " + std::to_string(patches_) + " patches, the image has " + std::to_string(patches),
                  "make masks for this image shape");
    return visible_;
  }

  void draw(const request& r, std::int32_t* order) const {
    const auto first = static_cast<std::size_t>(patches_) * static_cast<std::size_t>(r.sample);
    if (first + static_cast<std::size_t>(patches_) > orders_.size())
      throw error("given masks", "none for sample " + std::to_string(r.sample), "pass a mask for every sample");
    std::copy_n(orders_.data() + first, patches_, order);
  }

 private:
  given() = default;
  void add(const std::uint8_t* masked, index sample) {
    const index visible = std::count(masked, masked + patches_, std::uint8_t{0});
    if (sample == 0) visible_ = visible;
    if (visible != visible_ || visible == 0)
      throw error("given masks",
                  "sample " + std::to_string(sample) + " leaves " + std::to_string(visible) +
                      " patches visible, the first leaves " + std::to_string(visible_),
                  "leave the same number, at least 1, in every mask");
    for (int hide = 0; hide <= 1; ++hide)
      for (index patch = 0; patch < patches_; ++patch)
        if ((masked[patch] != 0) == (hide == 1)) orders_.push_back(static_cast<std::int32_t>(patch));
  }

  index patches_ = 0, visible_ = 0;
  std::vector<std::int32_t> orders_;
};

static_assert(mask_policy<given>);

}  // namespace sdmae::masking
