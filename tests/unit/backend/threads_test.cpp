// The team covers a range exactly once, in parts that depend on nothing but the range and the number of threads.
#include "sdmae/backend/cpu/threads.hpp"

#include <atomic>
#include <utility>
#include <vector>

#include "catch.hpp"

TEST_CASE("every element belongs to one part; parts begin at multiples of the grain; threads have their own numbers") {
  for (const int threads : {1, 2, 3, 7}) {
    sdmae::cpu::thread_team team(threads);
    REQUIRE(team.size() == threads);
    for (const sdmae::index count : {0, 1, 5, 96, 1000})
      for (const sdmae::index grain : {1, 7, 64, 2000}) {
        std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
        std::vector<std::atomic<int>> used(static_cast<std::size_t>(threads));
        std::atomic<int> faults{0};
        team.split(count, grain, [&](sdmae::index begin, sdmae::index end, int thread) {
          if (begin % grain != 0 || begin >= end || thread < 0 || thread >= threads) return void(++faults);
          ++used[static_cast<std::size_t>(thread)];
          for (sdmae::index i = begin; i < end; ++i) ++seen[static_cast<std::size_t>(i)];
        });
        CHECK(faults == 0);
        int parts = 0;
        for (const auto& times : used) {
          CHECK(times <= 1);
          parts += times;
        }
        CHECK(parts == std::min<sdmae::index>(threads, (count + grain - 1) / grain));
        for (const auto& times : seen)
          if (times != 1) FAIL("an element was done " << times << " times");
      }
  }
}

TEST_CASE("a team is used many times, and goes away") {
  for (int round = 0; round < 20; ++round) {
    sdmae::cpu::thread_team team(3);
    std::atomic<sdmae::index> sum{0};
    for (int i = 0; i < 200; ++i)
      team.split(30, 1, [&](sdmae::index begin, sdmae::index end, int) { sum += end - begin; });
    CHECK(sum == 6000);
  }
  CHECK(sdmae::cpu::thread_team(0).size() >= 1);
}
