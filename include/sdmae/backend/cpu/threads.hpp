// Threads of the CPU backend: Eigen's pool with static partitions.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>
#include <unsupported/Eigen/CXX11/ThreadPool>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae::cpu {

/// Runs a range in equal parts on a fixed number of threads, the caller's among them. Which thread does what depends on
/// nothing but the range and the number of threads, and nothing is allocated.
class thread_team {
 public:
  /// 0: as many as the machine has. Throws sdmae::error when the system does not give so many.
  explicit thread_team(int threads)
      : size_(threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {
    if (size_ == 1) return;
    try_threads(size_ - 1);
    pool_ = std::make_unique<Eigen::ThreadPool>(size_ - 1);
  }

  int size() const { return size_; }

  /// f(begin, end, thread) over parts of [0, count), part boundaries at multiples of `grain`. Returns when all are
  /// done.
  template <class F>
  void split(index count, index grain, const F& f) {
    if (count <= 0) return;
    const index grains = (count + grain - 1) / grain;
    const int parts = static_cast<int>(std::min<index>(size_, grains));
    if (parts == 1) return f(index{0}, count, 0);
    job<F> work{f, count, grain, grains, parts, {parts - 1}};
    for (int part = 1; part < parts; ++part) pool_->Schedule([task = &work, part] { task->run_and_report(part); });
    work.run(0);
    work.wait();
  }

 private:
  // Eigen's pool waits for ever when it is refused a thread half-way; so as many are started and ended before.
  static void try_threads(int count) {
    std::vector<std::jthread> tried;
    try {
      const auto hold = [](std::stop_token stop) {
        while (!stop.stop_requested()) std::this_thread::yield();
      };
      for (int i = 0; i < count; ++i) tried.emplace_back(hold);
    } catch (const std::system_error& problem) {
      throw error("threads", "the system does not give " + std::to_string(count + 1) + " (" + problem.what() + ")",
                  "choose fewer");
    }
  }

  template <class F>
  struct job {
    const F& f;
    index count, grain, grains;
    int parts;
    std::atomic<int> left;

    void run(int part) const {
      const index begin = grains * part / parts * grain, end = std::min(count, grains * (part + 1) / parts * grain);
      f(begin, end, part);
    }
    void run_and_report(int part) {
      run(part);
      left.fetch_sub(1, std::memory_order_release);
    }
    void wait() const {
      for (int spins = 0; left.load(std::memory_order_acquire) > 0; ++spins)
        if (spins > 2000) std::this_thread::yield();
    }
  };

  int size_;
  std::unique_ptr<Eigen::ThreadPool> pool_;
};

}  // namespace sdmae::cpu
