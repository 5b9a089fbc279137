// What the emulated runtime and cuBLASLt share: streams of waiting work.
#pragma once

#include <cuda_runtime_api.h>

#include <functional>
#include <string>

namespace cuda_emulation {

/// Work for a stream: waits in it, or becomes part of the graph that is being captured. False from the work is a fault,
/// which the device keeps.
cudaError_t enqueue(cudaStream_t stream, std::function<bool()> work);

/// A handle was made (+1) or given back (−1).
void count_handle(const char* kind, int change);
work_counts& mutable_counts();

/// Reports arguments that the real call refuses, and returns its code.
template <class Code>
Code refuse(Code code, const std::string& call, const std::string& why) {
  report(call + ": " + why);
  return code;
}

}  // namespace cuda_emulation
