#include "cuda_emulation/block.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "cuda_emulation/emulation.hpp"
#include "cuda_emulation/fiber.hpp"
#include "cuda_emulation/memory.hpp"

namespace cuda_emulation {

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace {

constexpr unsigned warp = 32;
constexpr std::size_t stack_bytes = 256 << 10;

std::uint64_t seed = 0;

/// splitmix64
struct dice {
  std::uint64_t state;
  std::uint64_t roll() {
    std::uint64_t z = (state += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
};

enum class state { ready, at_block_barrier, in_warp, done };

struct thread {
  context place;
  uint3 number;
  state now = state::ready;
  site where{};
  unsigned mask = 0;  // lanes that it waits for
  std::uint64_t given = 0, taken = 0;
  int from = 0;
  bool votes = false, vote = false;
};

std::string at(site s) { return std::string(s.file) + ":" + std::to_string(s.line); }

/// One block at a time; its threads' stacks are kept for the next.
class block_runner {
 public:
  static block_runner& get() {
    static block_runner runner;
    return runner;
  }

  bool run(const std::function<void()>& kernel, dim3 shape, dice& order) {
    const unsigned count = shape.x * shape.y * shape.z;
    grow(count);
    kernel_ = &kernel;
    faulted_ = false;
    ready_.clear();
    for (unsigned i = 0; i < count; ++i) {
      thread& t = *threads_[i];
      t.number = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y};
      t.now = state::ready;
      t.place.prepare(stacks_[i], stack_bytes, entry);
      ready_.push_back(i);
    }
    do {
      while (!ready_.empty()) {
        resume(pick(order));
        if (faulted_) return false;
      }
    } while (release(count));
    return stuck(count);
  }

  thread& current() { return *threads_[now_]; }
  unsigned current_number() const { return now_; }
  bool running() const { return running_; }

  void wait(state how) {
    thread& t = current();
    t.now = how;
    context::change(t.place, scheduler_);
  }
  /// From the signal handler: the faulting thread is left where it is for good.
  void abandon() {
    faulted_ = true;
    context::change(current().place, scheduler_);
  }

 private:
  static void entry() {
    block_runner& self = get();
    (*self.kernel_)();
    self.wait(state::done);
  }

  void grow(unsigned count) {
    while (threads_.size() < count) {
      void* const memory =
          mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) throw std::bad_alloc();
      stacks_.push_back(static_cast<std::byte*>(memory));
      threads_.push_back(std::make_unique<thread>());
    }
  }

  /// The last that became ready, or one that the dice choose: without a seed threads run from the last to the first.
  unsigned pick(dice& order) {
    if (seed != 0) std::swap(ready_[order.roll() % ready_.size()], ready_.back());
    const unsigned chosen = ready_.back();
    ready_.pop_back();
    return chosen;
  }

  void resume(unsigned number) {
    now_ = number;
    threadIdx = current().number;
    running_ = true;
    context::change(scheduler_, current().place);
    running_ = false;
  }

  /// Lets go of threads whose wait is over. False when there are none.
  bool release(unsigned count) {
    for (unsigned first = 0; first < count; first += warp) release_warp(first, std::min(warp, count - first));
    if (ready_.empty()) release_block(count);
    return !ready_.empty();
  }

  void release_warp(unsigned first, unsigned lanes) {
    for (unsigned lane = 0; lane < lanes; ++lane) {
      const thread& leader = *threads_[first + lane];
      if (leader.now != state::in_warp) continue;
      const unsigned mask = leader.mask;
      const auto together = [&](unsigned other) {
        const thread& t = *threads_[first + other];
        return t.now == state::in_warp && t.mask == mask && t.where.line == leader.where.line &&
               t.where.file == leader.where.file;
      };
      bool all = lanes == warp || (mask >> lanes) == 0;
      for (unsigned other = 0; other < lanes; ++other) all = all && (((mask >> other) & 1) == 0 || together(other));
      if (all) pass_values(first, lanes, mask);
    }
  }
  void pass_values(unsigned first, unsigned lanes, unsigned mask) {
    unsigned votes = 0;
    for (unsigned lane = 0; lane < lanes; ++lane)
      if ((mask >> lane) & 1 && threads_[first + lane]->vote) votes |= 1u << lane;
    for (unsigned lane = 0; lane < lanes; ++lane) {
      thread& t = *threads_[first + lane];
      if (((mask >> lane) & 1) == 0) continue;
      const bool exists = t.from >= 0 && t.from < int(lanes) && ((mask >> t.from) & 1);
      t.taken = t.votes ? votes : threads_[first + (exists ? unsigned(t.from) : lane)]->given;
      t.now = state::ready;
      ready_.push_back(first + lane);
    }
  }

  void release_block(unsigned count) {
    const thread& first = *threads_[0];
    for (unsigned i = 0; i < count; ++i) {
      const thread& t = *threads_[i];
      if (t.now != state::at_block_barrier || t.where.line != first.where.line || t.where.file != first.where.file)
        return;
    }
    for (unsigned i = 0; i < count; ++i) {
      threads_[i]->now = state::ready;
      ready_.push_back(i);
    }
  }

  /// True when every thread has come to its end; otherwise says who waits in vain.
  bool stuck(unsigned count) {
    std::string waiting;
    unsigned done = 0;
    for (unsigned i = 0; i < count; ++i) {
      const thread& t = *threads_[i];
      if (t.now == state::done)
        ++done;
      else if (waiting.empty())
        waiting = "thread " + std::to_string(i) + " waits " +
                  (t.now == state::in_warp ? "for its warp" : "for its block") + " at " + at(t.where);
    }
    if (done == count) return true;
    report("divergent barrier: " + waiting + ", " + std::to_string(done) + " of " + std::to_string(count) +
           " threads have ended, others are elsewhere");
    return false;
  }

  std::vector<std::unique_ptr<thread>> threads_;
  std::vector<std::byte*> stacks_;
  std::vector<unsigned> ready_;
  context scheduler_;
  const std::function<void()>* kernel_ = nullptr;
  unsigned now_ = 0;
  bool faulted_ = false, running_ = false;
};

void on_fault(int signal_number, siginfo_t* info, void*) {
  block_runner& runner = block_runner::get();
  if (!runner.running()) {  // the host's own fault
    const char said[] = "cuda_emulation: the host has touched memory that is not its own\n";
    [[maybe_unused]] const auto written = write(2, said, sizeof(said) - 1);
    signal(signal_number, SIG_DFL);
    return;
  }
  const device_memory& memory = device_memory::get();
  const std::string what = memory.describe(info->si_addr);
  const bool outside = what == "an allocation" || memory.holds(info->si_addr);
  report("kernel fault in thread " + std::to_string(runner.current_number()) + (outside ? ": " : ", out of bounds: ") +
         what);
  runner.abandon();
}

/// Faults in kernels come to on_fault, on a stack of its own, from which it leaves by changing fibers. Before every
/// grid: test frameworks have handlers of their own.
void catch_faults() {
  static std::vector<std::byte> stack(256 << 10);
  stack_t alternative{};
  alternative.ss_sp = stack.data();
  alternative.ss_size = stack.size();
  sigaltstack(&alternative, nullptr);
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, nullptr);
  sigaction(SIGBUS, &action, nullptr);
}

}  // namespace

void set_seed(std::uint64_t chosen) { seed = chosen; }

void wait_for_block(const char* file, int line) {
  block_runner::get().current().where = {file, line};
  block_runner::get().wait(state::at_block_barrier);
}
unsigned lane() { return block_runner::get().current_number() % warp; }

namespace {
thread& meet(site where, unsigned mask) {
  thread& t = block_runner::get().current();
  t.where = where;
  t.mask = mask;
  return t;
}
}  // namespace

std::uint64_t exchange(site where, unsigned mask, std::uint64_t word, int from) {
  thread& t = meet(where, mask);
  t.given = word;
  t.from = from;
  t.votes = false;
  block_runner::get().wait(state::in_warp);
  return t.taken;
}
unsigned ballot(site where, unsigned mask, bool vote) {
  thread& t = meet(where, mask);
  t.votes = true;
  t.vote = vote;
  block_runner::get().wait(state::in_warp);
  return static_cast<unsigned>(t.taken);
}
void wait_for_warp(const char* file, int line) { exchange({file, line}, 0xFFFFFFFFu, 0, 0); }

bool run_grid(dim3 grid, dim3 block, const std::function<void()>& kernel) {
  catch_faults();
  gridDim = grid;
  blockDim = block;
  dice order{seed};
  std::vector<unsigned> numbers(grid.x * grid.y * grid.z);
  std::iota(numbers.begin(), numbers.end(), 0u);
  if (seed != 0)
    for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[order.roll() % i]);
  for (const unsigned number : numbers) {
    blockIdx = {number % grid.x, number / grid.x % grid.y, number / grid.x / grid.y};
    if (!block_runner::get().run(kernel, block, order)) return false;
  }
  return true;
}

}  // namespace cuda_emulation
