// Philox against the known answers of its authors, and what the library relies on in random_sequence and shuffle.
#include "sdmae/core/random.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include "catch.hpp"

namespace {

using words = std::array<std::uint32_t, 4>;

std::vector<std::uint32_t> first_bits(sdmae::random_sequence random, int count) {
  std::vector<std::uint32_t> bits;
  for (int i = 0; i < count; ++i) bits.push_back(random.bits());
  return bits;
}

}  // namespace

// Vectors of Random123 (kat_vectors, philox4x32 10).
TEST_CASE("philox gives its authors' known answers") {
  CHECK(sdmae::philox({0, 0, 0, 0}, {0, 0}) == words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(sdmae::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(sdmae::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("philox is a constant expression") {
  static_assert(sdmae::philox({0, 0, 0, 0}, {0, 0})[0] == 0x6627e8d5);
  SUCCEED();
}

// The layout of key and counter is part of every saved run.
TEST_CASE("a sequence is philox of (block, sample, epoch, stream) under the seed") {
  const std::uint64_t seed = 0x0123456789abcdefull;
  sdmae::random_sequence random(seed, sdmae::stream::mask, 7, 11);
  for (std::uint32_t block = 0; block < 3; ++block) {
    const words expected = sdmae::philox({block, 11, 7, 4}, {0x89abcdefu, 0x01234567u});
    for (std::uint32_t word : expected) CHECK(random.bits() == word);
  }
}

TEST_CASE("seed, stream, epoch and sample each change the sequence; equal ones repeat it") {
  using sdmae::random_sequence;
  using sdmae::stream;
  const auto base = first_bits(random_sequence(1, stream::crop, 2, 3), 8);
  CHECK(base == first_bits(random_sequence(1, stream::crop, 2, 3), 8));
  CHECK(base != first_bits(random_sequence(2, stream::crop, 2, 3), 8));
  CHECK(base != first_bits(random_sequence(std::uint64_t{1} << 32 | 1, stream::crop, 2, 3), 8));
  CHECK(base != first_bits(random_sequence(1, stream::mask, 2, 3), 8));
  CHECK(base != first_bits(random_sequence(1, stream::crop, 3, 3), 8));
  CHECK(base != first_bits(random_sequence(1, stream::crop, 2, 4), 8));
}

TEST_CASE("uniform numbers lie in [0, 1) with mean 1/2 and variance 1/12") {
  sdmae::random_sequence random(5, sdmae::stream::test);
  const int count = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < count; ++i) {
    const double value = random.uniform();
    REQUIRE(value >= 0.0);
    REQUIRE(value < 1.0);
    sum += value;
    squares += value * value;
  }
  const double mean = sum / count;
  CHECK(mean == Approx(0.5).margin(0.01));
  CHECK(squares / count - mean * mean == Approx(1.0 / 12).margin(0.003));
}

TEST_CASE("normal numbers have mean 0 and variance 1") {
  sdmae::random_sequence random(6, sdmae::stream::test);
  const int count = 20000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < count; ++i) {
    const double value = random.normal();
    sum += value;
    squares += value * value;
    fourth += value * value * value * value;
  }
  CHECK(sum / count == Approx(0.0).margin(0.03));
  CHECK(squares / count == Approx(1.0).margin(0.05));
  CHECK(fourth / count == Approx(3.0).margin(0.3));
}

TEST_CASE("below is uniform and stays below") {
  sdmae::random_sequence random(8, sdmae::stream::test);
  std::array<int, 7> seen{};
  for (int i = 0; i < 14000; ++i) ++seen.at(random.below(7));
  for (int count : seen) CHECK(count == Approx(2000).margin(200));
  CHECK(random.below(1) == 0);
  for (int i = 0; i < 100; ++i) CHECK(random.below(0xFFFFFFFFu) < 0xFFFFFFFFu);
}

TEST_CASE("shuffle permutes, and every order of three comes up equally often") {
  std::vector<int> many(100);
  std::iota(many.begin(), many.end(), 0);
  sdmae::random_sequence random(9, sdmae::stream::test);
  sdmae::shuffle(many.data(), 100, random);
  CHECK(!std::is_sorted(many.begin(), many.end()));
  CHECK(std::set<int>(many.begin(), many.end()).size() == 100);

  std::array<int, 27> seen{};
  for (int i = 0; i < 12000; ++i) {
    std::array<int, 3> order{0, 1, 2};
    sdmae::shuffle(order.data(), 3, random);
    ++seen.at(static_cast<std::size_t>(order[0] * 9 + order[1] * 3 + order[2]));
  }
  int orders = 0;
  for (int count : seen) {
    if (count == 0) continue;
    ++orders;
    CHECK(count == Approx(2000).margin(200));
  }
  CHECK(orders == 6);
}
