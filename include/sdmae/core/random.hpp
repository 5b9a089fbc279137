// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). A number depends only on (seed, stream, epoch, sample, position), never on who asks first, so
// any thread, process or device draws the same bits.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// What a random number is for. Two purposes never share numbers. Values are part of every saved run: never renumber.
enum class stream : std::uint32_t {
  initialisation = 1,
  shuffle = 2,
  crop = 3,
  mask = 4,
  synthetic = 5,
  test = 6,
  bootstrap = 7,
  folds = 8,
  probe = 9,
  color = 10,
  mix = 11,
  drop_path = 12,
  turn = 13,
  stain = 14,
  blur = 15,
  erase = 16,
};

/// One application of the Philox4x32-10 bijection: `counter` encrypted under `key`.
SDMAE_HOST_DEVICE constexpr std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                                                std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t low = std::uint64_t{0xD2511F53u} * counter[0];
    const std::uint64_t high = std::uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<std::uint32_t>(high >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(high),
               static_cast<std::uint32_t>(low >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(low)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

/// A sequence of random numbers named by (seed, stream, epoch, sample). Cheap to make, cheap to copy.
class random_sequence {
 public:
  SDMAE_HOST_DEVICE constexpr random_sequence(std::uint64_t seed, stream purpose, std::uint64_t epoch = 0,
                                              std::uint64_t sample = 0)
      : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
        counter_{0, static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(epoch),
                 static_cast<std::uint32_t>(purpose)} {}

  /// 32 uniform bits.
  SDMAE_HOST_DEVICE constexpr std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox(counter_, key_);
      ++counter_[0];
      used_ = 0;
    }
    return block_[used_++];
  }

  /// Uniform in [0, 1), 53 bits.
  SDMAE_HOST_DEVICE constexpr double uniform() {
    const std::uint64_t high = bits() >> 5, low = bits() >> 6;
    return static_cast<double>(high * 67108864u + low) / 9007199254740992.0;
  }

  /// Uniform in [low, high).
  SDMAE_HOST_DEVICE constexpr double uniform(double low, double high) { return low + (high - low) * uniform(); }

  /// Uniform in {0, …, bound − 1}, without bias (Lemire's multiply-and-reject); bound ≥ 1.
  SDMAE_HOST_DEVICE constexpr std::uint32_t below(std::uint32_t bound) {
    const std::uint32_t reject_below = (0u - bound) % bound;
    for (;;) {
      const std::uint64_t product = std::uint64_t{bits()} * bound;
      if (static_cast<std::uint32_t>(product) >= reject_below) return static_cast<std::uint32_t>(product >> 32);
    }
  }

  /// Standard normal (Box–Muller, one of the pair).
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
    return radius * std::cos(6.283185307179586476925 * uniform());
  }

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

/// Fisher–Yates: puts [first, first + count) into an order drawn uniformly from all orders.
template <class Value>
SDMAE_HOST_DEVICE constexpr void shuffle(Value* first, index count, random_sequence& random) {
  for (index i = count - 1; i > 0; --i) {
    const index j = static_cast<index>(random.below(static_cast<std::uint32_t>(i + 1)));
    const Value kept = first[i];
    first[i] = first[j];
    first[j] = kept;
  }
}

}  // namespace sdmae
