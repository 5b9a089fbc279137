// A masking policy of one's own: what is far from the middle of the tile is hidden first. Runs the library's proof on
// it.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "sdmae/core/random.hpp"
#include "sdmae/masking/count.hpp"
#include "sdmae/testing/masks.hpp"

namespace {

using sdmae::index;

/// A disc of visible patches around a place that wanders by `spread` patches.
struct disc {
  double ratio = 0.6, spread = 1.5;

  index visible(index patches) const { return sdmae::masking::visible_count(ratio, patches); }

  void draw(const sdmae::masking::request& r, std::int32_t* order) const {
    const index patches = r.patches();
    sdmae::random_sequence numbers(r.seed, sdmae::stream::mask, r.epoch, r.sample);
    const double y = double(r.grid_height - 1) / 2 + numbers.uniform(-spread, spread);
    const double x = double(r.grid_width - 1) / 2 + numbers.uniform(-spread, spread);
    const auto distance = [&](std::int32_t patch) {
      const double dy = double(patch / r.grid_width) - y, dx = double(patch % r.grid_width) - x;
      return dy * dy + dx * dx;
    };
    std::iota(order, order + patches, 0);
    std::stable_sort(order, order + patches, [&](auto a, auto b) { return distance(a) < distance(b); });
    sdmae::masking::sort_parts(order, patches, visible(patches));
  }
};

static_assert(sdmae::masking::mask_policy<disc>);

}  // namespace

int main() {
  const disc mask{.ratio = 0.75};
  const sdmae::masking::request tile{.grid_height = 14, .grid_width = 14, .seed = 1};
  const auto order = sdmae::testing::drawn_mask(mask, tile);
  for (std::int32_t patch = 0; patch < 196; ++patch) {
    const bool seen =
        std::find(order.begin(), order.begin() + mask.visible(196), patch) < order.begin() + mask.visible(196);
    std::printf("%s%s", seen ? "##" : "..", patch % 14 == 13 ? "\n" : "");
  }
  const auto found = sdmae::testing::check_mask(mask, tile, true);
  std::printf("%zu checks\n%s", found.size(), sdmae::testing::failures(found).c_str());
  return sdmae::testing::failures(found).empty() ? 0 : 1;
}
