// Flips against NumPy's slices, turns against numpy.rot90, draws against Philox in Python.
#include "sdmae/data/turn.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

using sdmae::orientation;

TEST_CASE("pictures are mirrored, flipped, and turned against the clock") {
  struct turned {
    orientation how;
    std::vector<std::uint8_t> expected;
  };
  for (const turned& one :
       {turned{{false, false, 0}, pattern(2, 3).pixels},
        turned{{true, false, 0}, {182, 235, 32, 91, 144, 197, 0, 53, 106, 21, 74, 127, 157, 210, 7, 37, 90, 143}},
        turned{{false, true, 0}, {37, 90, 143, 157, 210, 7, 21, 74, 127, 0, 53, 106, 91, 144, 197, 182, 235, 32}},
        turned{{false, false, 1}, {182, 235, 32, 21, 74, 127, 91, 144, 197, 157, 210, 7, 0, 53, 106, 37, 90, 143}},
        turned{{false, false, 2}, {21, 74, 127, 157, 210, 7, 37, 90, 143, 182, 235, 32, 91, 144, 197, 0, 53, 106}},
        turned{{false, false, 3}, {37, 90, 143, 0, 53, 106, 157, 210, 7, 91, 144, 197, 21, 74, 127, 182, 235, 32}},
        turned{{true, false, 1}, {0, 53, 106, 37, 90, 143, 91, 144, 197, 157, 210, 7, 182, 235, 32, 21, 74, 127}},
        turned{{true, true, 3}, {182, 235, 32, 21, 74, 127, 91, 144, 197, 157, 210, 7, 0, 53, 106, 37, 90, 143}}}) {
    std::vector<std::uint8_t> out(18);
    sdmae::orient(pattern(2, 3), one.how, out.data());
    INFO(one.how.mirrored << one.how.flipped << one.how.quarters);
    CHECK(out == one.expected);
  }
}

TEST_CASE("an orientation depends on seed, epoch and sample") {
  struct drawn {
    std::uint64_t seed;
    sdmae::index epoch, sample;
    orientation expected;
  };
  for (const drawn& one :
       {drawn{7, 0, 0, {true, true, 0}}, drawn{7, 0, 1, {true, true, 1}}, drawn{7, 1, 0, {false, false, 0}},
        drawn{8, 0, 0, {true, false, 2}}, drawn{std::uint64_t{1} << 40, 3, 99, {true, true, 0}}})
    CHECK(sdmae::draw_orientation({0.5, 0.5, 0.75}, one.seed, one.epoch, one.sample) == one.expected);
}

TEST_CASE("flips and turns come as often as asked") {
  const auto count = [](const sdmae::turn_settings& settings) {
    std::array<int, 6> seen{};  // mirrored, flipped, quarters 0 to 3
    for (sdmae::index sample = 0; sample < 10000; ++sample) {
      const orientation drawn = sdmae::draw_orientation(settings, 5, 0, sample);
      seen[0] += drawn.mirrored;
      seen[1] += drawn.flipped;
      ++seen[static_cast<std::size_t>(2 + drawn.quarters)];
    }
    return seen;
  };
  CHECK(count({}) == std::array<int, 6>{0, 0, 10000, 0, 0, 0});
  const std::array<int, 6> seen = count({0.5, 0.2, 0.6});
  const std::array<int, 6> expected{5000, 2000, 4000, 2000, 2000, 2000};
  for (std::size_t i = 0; i < 6; ++i) CHECK(seen[i] == Approx(expected[i]).margin(200));  // four standard deviations
  CHECK(count({1, 1, 1})[0] == 10000);
  CHECK(count({1, 1, 1})[2] == 0);
}

TEST_CASE("flips and turns that cannot be are refused") {
  const auto line = [](double a, double b, double c) {
    return error_line([&] { sdmae::check_turn({a, b, c}, "--flip"); });
  };
  CHECK(line(0, 1, 0.5).empty());
  CHECK_THAT(line(-0.1, 0, 0), says("--flip: a probability"));
  CHECK_THAT(line(0, 1.1, 0), says("a probability"));
  CHECK_THAT(line(0, 0, std::nan("")), says("a probability"));
}
