// Stands before the toolkit's header of this name when the CUDA backend is compiled for the emulated device: types and
// runtime calls are the toolkit's own (cuda_runtime_api.h), what nvcc would supply on top of them is emulated.
#pragma once

#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <type_traits>

#include "cuda_emulation/block.hpp"
#include "cuda_emulation/kernel_arguments.hpp"

// A block's threads are fibers of one thread, and one block runs at a time: what they share is one object.
#undef __shared__
#define __shared__ static thread_local

// A hint to the compiler that registers are allotted by.
#define __launch_bounds__(...)

#define __syncthreads() ::cuda_emulation::wait_for_block(__FILE__, __LINE__)
#define __syncwarp(...) ::cuda_emulation::wait_for_warp(__FILE__, __LINE__)
#define __shfl_sync(mask, value, lane) \
  ::cuda_emulation::shuffle(::cuda_emulation::site{__FILE__, __LINE__}, mask, value, lane)
#define __shfl_xor_sync(mask, value, flip)                                           \
  ::cuda_emulation::shuffle(::cuda_emulation::site{__FILE__, __LINE__}, mask, value, \
                            static_cast<int>(::cuda_emulation::lane()) ^ (flip))
#define __shfl_down_sync(mask, value, by)                                            \
  ::cuda_emulation::shuffle(::cuda_emulation::site{__FILE__, __LINE__}, mask, value, \
                            static_cast<int>(::cuda_emulation::lane()) + (by))
#define __ballot_sync(mask, vote) \
  ::cuda_emulation::ballot(::cuda_emulation::site{__FILE__, __LINE__}, mask, static_cast<bool>(vote))
#define __any_sync(mask, vote) (__ballot_sync(mask, vote) != 0)
#define __all_sync(mask, vote) (__ballot_sync(mask, vote) == (mask))

using cuda_emulation::blockDim;
using cuda_emulation::blockIdx;
using cuda_emulation::gridDim;
using cuda_emulation::threadIdx;

/// As the toolkit's: arguments are converted to the kernel's parameters and copied before the call returns.
template <class... Parameters, class... Arguments>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Parameters...),
                               Arguments&&... arguments) {
  static_assert((std::is_trivially_copyable_v<Parameters> && ...), "a kernel's parameters are plain values");
  const auto start = [&](Parameters... values) {
    (cuda_emulation::clear_padding(values), ...);
    const bool plain = (cuda_emulation::free_of_host_pointers(values) & ... & true);
    return cuda_emulation::launch(*config, plain, [=] { kernel(values...); });
  };
  return start(Parameters(arguments)...);
}
