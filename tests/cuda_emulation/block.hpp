// A grid of blocks on the host: the threads of a block are fibers that run until they wait for each other, in an order
// that a seed draws. Whatever a kernel leaves to chance then shows as results that differ from seed to seed.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <functional>

namespace cuda_emulation {

/// Of the thread that runs now.
extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

/// Where in the source threads wait: they must all wait at the same place.
struct site {
  const char* file;
  int line;
};

void wait_for_block(const char* file, int line);
void wait_for_warp(const char* file, int line);
unsigned lane();

/// Gives `word` to the lanes of the warp and takes that of `from`; its own where there is no such lane.
std::uint64_t exchange(site where, unsigned mask, std::uint64_t word, int from);
unsigned ballot(site where, unsigned mask, bool vote);

template <class Value>
Value shuffle(site where, unsigned mask, Value value, int from) {
  static_assert(sizeof(Value) <= sizeof(std::uint64_t), "a shuffle moves up to 8 bytes");
  std::uint64_t word = 0;
  std::memcpy(&word, &value, sizeof(Value));
  word = exchange(where, mask, word, from);
  std::memcpy(&value, &word, sizeof(Value));
  return value;
}

/// Runs every thread of every block. False when a thread faulted or threads of a block wait for each other in vain.
bool run_grid(dim3 grid, dim3 block, const std::function<void()>& kernel);

/// cudaLaunchKernelExC's checks, then the kernel waits in its stream.
cudaError_t launch(const cudaLaunchConfig_t& config, bool arguments_are_plain, std::function<void()> kernel);

}  // namespace cuda_emulation
