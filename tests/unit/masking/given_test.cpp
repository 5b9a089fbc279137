// Masks brought by the caller: in order, and refused where they do not fit.
#include "sdmae/masking/given.hpp"

#include "catch.hpp"
#include "sdmae/testing/masks.hpp"

using sdmae::masking::given;
using sdmae::masking::request;
using masks = std::vector<std::uint8_t>;

TEST_CASE("a given mask is drawn as given, in every epoch") {
  const given mask(masks{1, 0, 1, 0, /**/ 0, 0, 1, 1}, 4);
  CHECK(mask.visible(4) == 2);
  const auto order = [&](std::uint64_t sample, std::uint64_t epoch) {
    return sdmae::testing::drawn_mask(mask,
                                      {.grid_height = 2, .grid_width = 2, .seed = 9, .epoch = epoch, .sample = sample});
  };
  CHECK(order(0, 0) == std::vector<std::int32_t>{1, 3, 0, 2});
  CHECK(order(1, 0) == std::vector<std::int32_t>{0, 1, 2, 3});
  CHECK(order(0, 5) == order(0, 0));
}

TEST_CASE("given masks that do not fit are refused") {
  CHECK_THROWS_AS(given(masks{1, 0, 1}, 2), sdmae::error);     // not whole masks
  CHECK_THROWS_AS(given(masks{}, 4), sdmae::error);            // none
  CHECK_THROWS_AS(given(masks{1, 0}, 0), sdmae::error);        // no patches
  CHECK_THROWS_AS(given(masks{1, 0, 1, 1}, 2), sdmae::error);  // other numbers stay visible
  CHECK_THROWS_AS(given(masks{1, 1, 1, 1}, 2), sdmae::error);  // nothing stays visible
  const given mask(masks{1, 0}, 2);
  CHECK_THROWS_AS(mask.visible(3), sdmae::error);  // another image shape
  std::int32_t order[2];
  CHECK_THROWS_AS(mask.draw({.grid_height = 1, .grid_width = 2, .sample = 1}, order), sdmae::error);
}

TEST_CASE("given orders are kept as they are; those that are no permutations are refused") {
  const std::vector<std::int32_t> orders{2, 0, 1, 3, 3, 2, 1, 0};
  const given mask = given::orders(orders, 4, 1);
  CHECK(mask.visible(4) == 1);
  const auto drawn =
      sdmae::testing::drawn_mask(mask, {.grid_height = 2, .grid_width = 2, .seed = 9, .epoch = 1, .sample = 1});
  CHECK(drawn == std::vector<std::int32_t>{3, 2, 1, 0});
  CHECK_THROWS_AS(given::orders({0, 1, 1}, 3, 1), sdmae::error);
  CHECK_THROWS_AS(given::orders({0, 1, 3}, 3, 1), sdmae::error);
  CHECK_THROWS_AS(given::orders({0, 1, 2}, 2, 1), sdmae::error);
  CHECK_THROWS_AS(given::orders({0, 1}, 2, 0), sdmae::error);
  CHECK_THROWS_AS(given::orders({0, 1}, 2, 3), sdmae::error);
}
