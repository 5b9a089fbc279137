// Mixup and cutmix against timm 1.0's Mixup and FastCollateMixup, with λ and the box's center given; the draws.
#include "sdmae/data/mix.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

using sdmae::batch_mix;
using sdmae::mixing;
using sdmae::pixel_box;

namespace {

using bytes = std::vector<std::uint8_t>;

// Two pictures of 2 × 2 pixels, and what timm makes of them.
const bytes one{157, 210, 7, 21, 74, 127, 223, 20, 73, 116, 169, 222};
const bytes other{116, 169, 222, 9, 62, 115, 211, 8, 61, 186, 239, 36};

bytes mixed(const batch_mix& mix, bytes own, const bytes& partner) {
  sdmae::mix_images(mix, 2, 2, own.data(), partner.data(), own.data());
  return own;
}

}  // namespace

TEST_CASE("mixup gives timm's pixels") {
  const batch_mix uneven{mixing::mixup, 0.3, {}}, even{mixing::mixup, 0.5, {}};
  CHECK(mixed(uneven, one, other) == bytes{128, 181, 158, 13, 66, 119, 215, 12, 65, 165, 218, 92});
  CHECK(mixed(uneven, other, one) == bytes{145, 198, 72, 17, 70, 123, 219, 16, 69, 137, 190, 166});
  CHECK(mixed(even, one, other) == bytes{136, 190, 114, 15, 68, 121, 217, 14, 67, 151, 204, 129});
  CHECK(mixed({}, one, other) == one);
  const std::vector<double> floats{1, -2}, partner{3, 5};
  std::vector<double> out(2);
  sdmae::mix_images(batch_mix{mixing::mixup, 0.25, {}}, 1, 2, floats.data(), partner.data(), out.data(), 1);
  CHECK(out == std::vector<double>{2.5, 3.25});
}

TEST_CASE("cutmix takes timm's box from the partner and nothing else") {
  struct drawn {
    double lambda;
    sdmae::index y, x, height, width;
    pixel_box expected;
  };
  for (const drawn& one : {drawn{0.3, 10, 20, 32, 48, {0, 0, 23, 40}}, drawn{0.75, 0, 0, 32, 32, {0, 0, 8, 8}},
                           drawn{0.75, 31, 31, 32, 32, {23, 23, 9, 9}}, drawn{0.999, 5, 5, 96, 96, {4, 4, 3, 3}},
                           drawn{0, 48, 10, 96, 96, {0, 0, 96, 58}}, drawn{0.5, 50, 95, 97, 96, {16, 62, 68, 34}}})
    CHECK(sdmae::detail::cutmix_box(one.lambda, one.y, one.x, one.height, one.width) == one.expected);

  const sdmae::image8 own = pattern(12, 9), partner = pattern(21, 9);  // of the latter the first twelve rows
  sdmae::image8 out(12, 9);
  sdmae::mix_images(batch_mix{mixing::cutmix, 0.5, {3, 2, 5, 4}}, 12, 9, own.pixels.data(), partner.row(7),
                    out.pixels.data());
  for (sdmae::index y = 0; y < 12; ++y)
    for (sdmae::index x = 0; x < 9; ++x) {
      const bool inside = y >= 3 && y < 8 && x >= 2 && x < 6;
      const std::uint8_t* expected = inside ? partner.row(y + 7) : own.row(y);
      CHECK(std::equal(expected + x * 3, expected + x * 3 + 3, out.row(y) + x * 3));
    }
}

TEST_CASE("labels are timm's mixup_target") {
  std::vector<double> out(4);
  sdmae::mix_labels(batch_mix{mixing::mixup, 0.3, {}}, 0, 1, 4, 0.1, out.data());
  for (std::size_t c = 0; c < 4; ++c) CHECK(out[c] == Approx(std::vector<double>{0.295, 0.655, 0.025, 0.025}[c]));
  sdmae::mix_labels(batch_mix{mixing::mixup, 0.3, {}}, 2, 2, 4, 0.0, out.data());
  for (std::size_t c = 0; c < 4; ++c) CHECK(out[c] == Approx(c == 2 ? 1 : 0));
  sdmae::mix_labels(batch_mix{}, 3, 1, 4, 0.0, out.data());
  CHECK(out == std::vector<double>{0, 0, 0, 1});
  CHECK(batch_mix::partner(0, 5) == 4);
  CHECK(batch_mix::partner(2, 5) == 2);
}

TEST_CASE("a batch's mix depends on seed, epoch and batch, and each decides") {
  const sdmae::mix_settings both{.mixup = 0.8, .cutmix = 1};
  const auto same = [](const batch_mix& a, const batch_mix& b) {
    return a.kind == b.kind && a.own == b.own && a.box == b.box;
  };
  const batch_mix mix = sdmae::draw_mix(both, 7, 1, 2, 96, 96);
  CHECK(same(mix, sdmae::draw_mix(both, 7, 1, 2, 96, 96)));
  CHECK_FALSE(same(mix, sdmae::draw_mix(both, 8, 1, 2, 96, 96)));
  CHECK_FALSE(same(mix, sdmae::draw_mix(both, 7, 2, 2, 96, 96)));
  CHECK_FALSE(same(mix, sdmae::draw_mix(both, 7, 1, 3, 96, 96)));
  CHECK(sdmae::draw_mix({}, 7, 1, 2, 96, 96).kind == mixing::none);
}

TEST_CASE("mixes come as often as asked, and their weight is that of the pixels") {
  struct counts {
    int none = 0, mixup = 0, cutmix = 0;
  };
  const auto count = [](const sdmae::mix_settings& settings) {
    counts seen;
    for (sdmae::index batch = 0; batch < 4000; ++batch) {
      const batch_mix mix = sdmae::draw_mix(settings, 3, 0, batch, 64, 48);
      ++(mix.kind == mixing::none ? seen.none : mix.kind == mixing::mixup ? seen.mixup : seen.cutmix);
      REQUIRE((mix.own >= 0 && mix.own <= 1));
      if (mix.kind != mixing::cutmix) continue;
      REQUIRE((mix.box.top >= 0 && mix.box.left >= 0 && mix.box.height >= 0 && mix.box.width >= 0));
      REQUIRE((mix.box.top + mix.box.height <= 64 && mix.box.left + mix.box.width <= 48));
      REQUIRE(mix.own == Approx(1 - static_cast<double>(mix.box.height * mix.box.width) / (64 * 48)));
    }
    return seen;
  };
  const counts both = count({.mixup = 0.8, .cutmix = 1, .probability = 0.75, .cutmix_share = 0.2});
  CHECK(both.none == Approx(1000).margin(110));  // four standard deviations
  CHECK(both.cutmix == Approx(600).margin(92));
  CHECK(count({.mixup = 0.8}).mixup == 4000);
  CHECK(count({.cutmix = 0.8}).cutmix == 4000);
}

TEST_CASE("weights follow the beta distribution") {
  struct quantile {
    double alpha, value, share;  // by scipy.stats.beta.cdf
  };
  for (const quantile& one : {quantile{0.8, 0.1, 0.13180566907872884}, quantile{0.8, 0.25, 0.27854010142855223},
                              quantile{0.8, 0.5, 0.5}, quantile{0.8, 0.9, 0.8681943309212715},
                              quantile{0.2, 0.01, 0.20977769006775232}, quantile{0.2, 0.1, 0.33668977843005704},
                              quantile{1, 0.3, 0.3}, quantile{3, 0.1, 0.00856}, quantile{3, 0.25, 0.103515625}}) {
    int below = 0;
    for (sdmae::index batch = 0; batch < 20000; ++batch)
      below += sdmae::draw_mix({.mixup = one.alpha}, 11, 0, batch, 8, 8).own < one.value;
    const double deviation = std::sqrt(one.share * (1 - one.share) / 20000);
    INFO("alpha " << one.alpha << ", value " << one.value);
    CHECK(below / 20000.0 == Approx(one.share).margin(4 * deviation));
  }
  for (sdmae::index batch = 0; batch < 100; ++batch) {
    const double own = sdmae::draw_mix({.mixup = 1e-4}, 1, 0, batch, 8, 8).own;
    CHECK((own >= 0 && own <= 1));  // no 0/0
  }
}

TEST_CASE("mixes that cannot be are refused") {
  const auto line = [](const sdmae::mix_settings& settings) {
    return error_line([&] { sdmae::check_mix(settings, "--mixup"); });
  };
  CHECK(line({.mixup = 0.8, .cutmix = 1}).empty());
  CHECK_THAT(line({.mixup = -1}), says("--mixup: alpha"));
  CHECK_THAT(line({.mixup = 1e-308}), says("--mixup: alpha"));  // its gamma numbers have no logarithms
  CHECK_THAT(line({.cutmix = std::nan("")}), says("alpha"));
  CHECK_THAT(line({.probability = 1.5}), says("a probability"));
  CHECK_THAT(line({.cutmix_share = -0.5}), says("a probability"));
}
