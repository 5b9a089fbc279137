// Random masks: the released counts, every set of patches equally likely, the same bits for ever.
#include "sdmae/masking/random.hpp"

#include <numeric>

#include "catch.hpp"
#include "sdmae/testing/masks.hpp"

using namespace sdmae;
using sdmae::masking::request;
using sdmae::testing::failures;

TEST_CASE("floor(ratio·N) patches are masked") {
  CHECK(masking::random{.ratio = 0.6}.visible(196) == 196 - 117);
  CHECK(masking::random{.ratio = 0.6}.visible(144) == 144 - 86);
  CHECK(masking::random{.ratio = 0.75}.visible(196) == 49);
  CHECK(masking::random{.ratio = 0.0}.visible(196) == 196);
  CHECK(masking::random{.ratio = 0.999}.visible(196) == 1);
  CHECK(masking::random{.ratio = 0.5}.visible(3) == 2);
}

TEST_CASE("ratios that leave nothing, or make no sense, are refused with a remedy") {
  for (const double ratio : {1.0, 1.5, -0.1, std::nan("")}) {
    INFO(ratio);
    CHECK_THROWS_AS(masking::random{.ratio = ratio}.visible(196), sdmae::error);
  }
  try {
    masking::random{.ratio = 1.0}.visible(196);
  } catch (const sdmae::error& e) {
    CHECK(std::string(e.what()) ==
          "mask ratio: at least one of 196 patches must stay visible; choose a ratio from 0 to below 1");
  }
}

TEST_CASE("random masks satisfy the masking kit") {
  for (const double ratio : {0.25, 0.6, 0.9}) {
    const request r{.grid_height = 6, .grid_width = 9, .seed = 4, .epoch = 2};
    CHECK(failures(testing::check_mask(masking::random{.ratio = ratio}, r, true)) == "");
    CHECK(failures(testing::check_mask_uniformity(masking::random{.ratio = ratio}, r)) == "");
  }
  const request r{.grid_height = 14, .grid_width = 14};
  CHECK(failures(testing::check_mask(masking::random{.ratio = 0.0}, r, false)) == "");
}

TEST_CASE("visible patches come in ascending order, then masked ones in ascending order") {
  const request r{.grid_height = 14, .grid_width = 14, .seed = 1};
  const auto order = testing::drawn_mask(masking::random{}, r);
  CHECK(std::is_sorted(order.begin(), order.begin() + 79));
  CHECK(std::is_sorted(order.begin() + 79, order.end()));
}

// Masks are part of every saved run: a change of the draw would change what --resume goes on with.
TEST_CASE("a mask drawn once is drawn for ever") {
  const request r{.grid_height = 3, .grid_width = 4, .seed = 7, .epoch = 1, .sample = 42};
  const auto order = testing::drawn_mask(masking::random{.ratio = 0.5}, r);
  random_sequence numbers(7, stream::mask, 1, 42);
  std::vector<std::int32_t> expected(12);
  std::iota(expected.begin(), expected.end(), 0);
  shuffle(expected.data(), 12, numbers);
  std::sort(expected.begin(), expected.begin() + 6);
  std::sort(expected.begin() + 6, expected.end());
  CHECK(order == expected);
}

namespace {

/// Policies with a fault each, for the kit to name.
struct repeats_a_patch : masking::random {
  void draw(const request& r, std::int32_t* order) const {
    masking::random::draw(r, order);
    order[0] = order[1];
  }
};
struct repeats_seldom : masking::random {
  void draw(const request& r, std::int32_t* order) const {
    masking::random::draw(r, order);
    if (r.sample % 500 == 499) order[0] = order[1];
  }
};
struct forgets_the_epoch : masking::random {
  void draw(request r, std::int32_t* order) const {
    r.epoch = 0;
    masking::random::draw(r, order);
  }
};
struct remembers : masking::random {
  mutable std::uint64_t calls = 0;
  void draw(request r, std::int32_t* order) const {
    r.seed += calls++;
    masking::random::draw(r, order);
  }
};
struct favours_the_first : masking::random {
  void draw(const request& r, std::int32_t* order) const {
    masking::random::draw(r, order);
    const sdmae::index n = r.patches(), keep = visible(n);
    if (r.sample % 4 != 0 || order[0] == 0) return;
    std::swap(*std::find(order + keep, order + n, 0), order[0]);
  }
};
struct in_runs : masking::random {  // each patch equally often, but always with its neighbours
  void draw(const request& r, std::int32_t* order) const {
    random_sequence numbers(r.seed, stream::mask, r.epoch, r.sample);
    const sdmae::index n = r.patches();
    const auto start = static_cast<sdmae::index>(numbers.below(static_cast<std::uint32_t>(n)));
    for (sdmae::index i = 0; i < n; ++i) order[i] = static_cast<std::int32_t>((start + i) % n);
  }
};

}  // namespace

TEST_CASE("the masking kit names what is wrong") {
  const request r{.grid_height = 6, .grid_width = 6, .seed = 4, .epoch = 2};
  using namespace sdmae::testing;
  CHECK(failures(check_mask(repeats_a_patch{}, r, true), "permutation") != "");
  CHECK(failures(check_mask_uniformity(repeats_seldom{}, r), "each patch once") != "");
  CHECK(failures(check_mask(forgets_the_epoch{}, r, true), "epoch") != "");
  CHECK(failures(check_mask(remembers{}, r, true), "equal requests") != "");
  CHECK(failures(check_mask_uniformity(favours_the_first{}, r), "every patch") != "");
  CHECK(failures(check_mask_uniformity(in_runs{}, r), "pair") != "");
}
