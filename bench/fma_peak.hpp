// The rate at which this machine multiplies and adds: what a product can come near and not exceed.
#pragma once

#include <algorithm>
#include <chrono>

#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/backend/cpu/tile.hpp"

namespace bench {

/// Floating-point operations a second of all threads together, on sums in registers: the tile of our products without
/// its memory. Best of several short runs.
inline double fma_peak(sdmae::cpu::thread_team& team) {
  using tile = sdmae::cpu::tile<float>;
  typedef float vec __attribute__((vector_size(tile::vector_bytes)));
  constexpr int sums = 2 * tile::rows, rounds = 400'000;
  double best = 0;
  for (int attempt = 0; attempt < 9; ++attempt) {
    const auto start = std::chrono::steady_clock::now();
    team.split(team.size(), 1, [](sdmae::index, sdmae::index, int) {
      vec sum[sums] = {}, a = {}, b = {};
      a += 1.0f;
      b += 1e-9f;
#pragma GCC unroll 32
      for (int k = 0; k < sums; ++k) asm volatile("" : "+v"(sum[k]));  // else one sum would do for all
      for (int i = 0; i < rounds; ++i) {
#pragma GCC unroll 32
        for (int k = 0; k < sums; ++k) sum[k] += a * b;
        asm volatile("" : "+v"(a), "+v"(b));
      }
#pragma GCC unroll 32
      for (int k = 0; k < sums; ++k) asm volatile("" : : "v"(sum[k]));
    });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    best = std::max(best, 2.0 * rounds * sums * tile::lanes * team.size() / seconds);
  }
  return best;
}

}  // namespace bench
