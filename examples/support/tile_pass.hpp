// Once over the samples of a data set, by all threads.
#pragma once

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "progress.hpp"
#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/core/config.hpp"

namespace program {

class tile_pass {
 public:
  static constexpr sdmae::index usual_batch = 128;

  explicit tile_pass(int threads) : team_(threads) {}
  int threads() const { return team_.size(); }

  /// see(i) on any thread for the samples first, first + 1, …, size − 1; take(start, count) after each `batch` of them,
  /// in order. What see threw first, in the order of samples, is thrown. `noun`: what they are called, if not tiles.
  template <class See, class Take>
  void run(sdmae::index first, sdmae::index size, sdmae::index batch, See see, Take take,
           const std::string& noun = "tile") {
    progress shown(noun, size, first);
    for (sdmae::index done = first; done < size;) {
      const sdmae::index count = std::min(batch, size - done);
      see_all(done, count, see);
      take(done, count);
      done += count;
      shown.update(done, 1, noun + "s");
    }
  }
  template <class See>
  void run(sdmae::index size, See see) {
    run(0, size, usual_batch, see, [](sdmae::index, sdmae::index) {});
  }

 private:
  template <class See>
  void see_all(sdmae::index first, sdmae::index count, See see) {
    std::vector<std::exception_ptr> problems(static_cast<std::size_t>(count));
    team_.split(count, 1, [&](sdmae::index begin, sdmae::index end, int) {
      for (sdmae::index i = begin; i < end; ++i) try {
          see(first + i);
        } catch (...) {
          problems[static_cast<std::size_t>(i)] = std::current_exception();
        }
    });
    for (const std::exception_ptr& problem : problems)
      if (problem) std::rethrow_exception(problem);
  }

  sdmae::cpu::thread_team team_;
};

}  // namespace program
