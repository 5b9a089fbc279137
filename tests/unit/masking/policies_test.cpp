// Block-wise, grid and tissue-aware masks: exact counts, and what each promises beyond them.
#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/masking/any.hpp"
#include "sdmae/testing/masks.hpp"

using namespace sdmae;
using sdmae::masking::request;
using sdmae::testing::drawn_mask;
using sdmae::testing::failures;

namespace {

constexpr int patch = 4;

/// An image of `r`'s grid: patches of `glass` are white, the others purple.
std::vector<std::uint8_t> picture(const request& r, const std::set<sdmae::index>& glass) {
  std::vector<std::uint8_t> rgb;
  for (sdmae::index y = 0; y < r.grid_height * patch; ++y)
    for (sdmae::index x = 0; x < r.grid_width * patch; ++x) {
      const bool white = glass.count(y / patch * r.grid_width + x / patch) > 0;
      for (const int value : {white ? 245 : 150, white ? 240 : 90, white ? 243 : 170})
        rgb.push_back(static_cast<std::uint8_t>(value));
    }
  return rgb;
}

request with_image(request r, const std::vector<std::uint8_t>& rgb) {
  r.image = rgb.data();
  r.patch = patch;
  r.channels = 3;
  return r;
}

/// Share of pairs of neighbours whose two patches are alike, both visible or both masked.
template <class Mask>
double alike_neighbours(const Mask& mask, request r) {
  double alike = 0, pairs = 0;
  for (r.sample = 0; r.sample < 200; ++r.sample) {
    const auto order = drawn_mask(mask, r);
    std::vector<bool> hidden(order.size());
    for (auto i = static_cast<std::size_t>(mask.visible(r.patches())); i < order.size(); ++i)
      hidden[static_cast<std::size_t>(order[i])] = true;
    for (sdmae::index i = 0; i < r.patches(); ++i) {
      if ((i + 1) % r.grid_width == 0) continue;
      alike += hidden[static_cast<std::size_t>(i)] == hidden[static_cast<std::size_t>(i + 1)] ? 1 : 0;
      ++pairs;
    }
  }
  return alike / pairs;
}

}  // namespace

TEST_CASE("every policy satisfies the masking kit, at any ratio and shape") {
  for (const char* name : {"random", "block", "grid", "tissue"})
    for (const double ratio : {0.0, 0.3, 0.6, 0.9, 0.98})
      for (const auto& [height, width] : {std::pair{14, 14}, std::pair{6, 9}, std::pair{2, 3}}) {
        INFO(name << ", " << ratio << ", " << height << " x " << width);
        const request empty{.grid_height = height, .grid_width = width, .seed = 4, .epoch = 2};
        const auto rgb = picture(empty, {0, 3});
        const bool varied = ratio == 0.6 && height == 14;
        CHECK(failures(testing::check_mask(masking::any::named(name, ratio), with_image(empty, rgb), varied)) == "");
      }
}

TEST_CASE("counts are exact in 100,000 draws, and random, He et al.'s and tissue masks cover evenly") {
  const request empty{.grid_height = 6, .grid_width = 6, .seed = 11};
  const auto rgb = picture(empty, {});
  const request r = with_image(empty, rgb);
  const auto even = [&](const auto& mask) { return failures(testing::check_mask_uniformity(mask, r, 100'000)); };
  CHECK(even(masking::random{.ratio = 0.6}) == "");
  CHECK(even(masking::random{.ratio = 0.75, .floored = masking::rounding::kept, .sorted = false}) == "");
  CHECK(even(masking::tissue{.ratio = 0.6}) == "");  // no glass: nothing to prefer
  CHECK(even(masking::block{.ratio = 0.6}) != "");
  CHECK(masking::block{.ratio = 0.6}.visible(36) == 15);
  CHECK(masking::grid{}.visible(36) == 9);
  for (const masking::any& mask : {masking::any{masking::block{.ratio = 0.6}}, masking::any{masking::grid{}}}) {
    request each = r;
    sdmae::index wrong = 0;
    for (each.sample = 0; each.sample < 100'000; ++each.sample) {
      auto order = drawn_mask(mask, each);
      const auto visible = order.begin() + mask.visible(36);
      wrong += std::is_sorted(order.begin(), visible) && std::is_sorted(visible, order.end()) ? 0 : 1;
      std::sort(order.begin(), order.end());
      for (sdmae::index i = 0; i < 36; ++i) wrong += order[static_cast<std::size_t>(i)] == i ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("a grid of whole squares hides every patch as often as every other") {
  for (const double ratio : {0.5, 0.75}) {
    request r{.grid_height = 6, .grid_width = 6, .seed = 12};
    const masking::grid mask{.ratio = ratio};
    std::vector<double> hidden(36);
    for (r.sample = 0; r.sample < 100'000; ++r.sample) {
      const auto order = drawn_mask(mask, r);
      for (auto i = static_cast<std::size_t>(mask.visible(36)); i < 36; ++i)
        ++hidden[static_cast<std::size_t>(order[i])];
    }
    const double p = 1 - double(mask.visible(36)) / 36, deviation = std::sqrt(100'000 * p * (1 - p));
    for (const double count : hidden) CHECK(std::fabs(count - 100'000 * p) < 5 * deviation);
  }
}

TEST_CASE("He et al. floor what is kept and leave patches as drawn") {
  const masking::random mask{.ratio = 0.6, .floored = masking::rounding::kept, .sorted = false};
  CHECK(mask.visible(196) == 78);
  const auto order = drawn_mask(mask, {.grid_height = 14, .grid_width = 14});
  CHECK(!std::is_sorted(order.begin(), order.begin() + 78));
}

TEST_CASE("block-wise masks hang together, grids are spread") {
  const request r{.grid_height = 14, .grid_width = 14, .seed = 3};
  const double random = alike_neighbours(masking::random{.ratio = 0.5}, r);
  CHECK(random > 0.45);
  CHECK(random < 0.55);
  CHECK(alike_neighbours(masking::block{.ratio = 0.5}, r) > 0.7);
  CHECK(alike_neighbours(masking::grid{.ratio = 0.5}, r) == 0);
}

TEST_CASE("a grid at 3/4 keeps one patch of every square of four") {
  request r{.grid_height = 14, .grid_width = 14, .seed = 3};
  std::set<std::int32_t> corners;
  for (r.sample = 0; r.sample < 50; ++r.sample) {
    const auto order = drawn_mask(masking::grid{.ratio = 0.75}, r);
    std::set<std::int32_t> squares;
    for (int i = 0; i < 49; ++i) squares.insert(order[i] / 14 / 2 * 7 + order[i] % 14 / 2);
    CHECK(squares.size() == 49);
    corners.insert(order[0]);
  }
  CHECK(corners.size() == 4);  // not always the same one
}

TEST_CASE("tissue is masked before background") {
  const request empty{.grid_height = 6, .grid_width = 6, .seed = 5};
  std::set<sdmae::index> few, many;
  for (sdmae::index i = 0; i < 10; ++i) few.insert(3 * i);
  for (sdmae::index i = 0; i < 30; ++i) many.insert(i);
  const masking::tissue mask{.ratio = 0.5};
  const auto masked_glass = [&](const std::set<sdmae::index>& glass) {
    const auto rgb = picture(empty, glass);
    const auto order = drawn_mask(mask, with_image(empty, rgb));
    return std::count_if(order.begin() + 18, order.end(), [&](std::int32_t p) { return glass.count(p) > 0; });
  };
  CHECK(masked_glass(few) == 0);
  CHECK(masked_glass(many) == 12);  // 18 are masked, 6 of them are all the tissue there is
}

TEST_CASE("what a policy cannot work with is refused with a remedy") {
  const request r{.grid_height = 6, .grid_width = 6};
  CHECK_THROWS_AS(drawn_mask(masking::tissue{}, r), sdmae::error);
  CHECK_THROWS_AS(drawn_mask(masking::block{.smallest = 0}, r), sdmae::error);
  CHECK_THROWS_AS(masking::any::named("diagonal", 0.5), sdmae::error);
  CHECK_THROWS_AS(masking::grid{.ratio = 1}.visible(36), sdmae::error);
}
