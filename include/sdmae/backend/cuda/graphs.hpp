// Work that is asked for again and again: recorded as a CUDA graph, and started with one call from then on.
#pragma once

#include <map>

#include "sdmae/backend/cuda/handles.hpp"
#include "sdmae/backend/defaults.hpp"

namespace sdmae::cuda {

/// The first time a piece of work runs as it is: the runtime loads its kernels, cuBLASLt finds its algorithms. The
/// second time it is recorded. What is recorded are the kernels with their arguments, addresses among them: numbers
/// that change from one time to the next must be read from memory.
class recorded_work {
 public:
  /// f(), whose work goes to the stream `where`.
  template <class F>
  void run(const work_key& key, cudaStream_t where, F& f) {
    recording& r = of_[key];
    if (!r.has_run) {
      f();
      r.has_run = true;
      return;
    }
    if (!r.executable) r.executable = record(where, f);
    check(cudaGraphLaunch(r.executable.get(), where), "cudaGraphLaunch");
  }

 private:
  struct recording {
    bool has_run = false;
    executable_graph executable;
  };

  template <class F>
  static executable_graph record(cudaStream_t where, F& f) {
    check(cudaStreamBeginCapture(where, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    cudaGraph_t captured = nullptr;
    try {
      f();
    } catch (...) {
      static_cast<void>(cudaStreamEndCapture(where, &captured));
      const graph lost(captured);
      throw;
    }
    check(cudaStreamEndCapture(where, &captured), "cudaStreamEndCapture");
    const graph owned(captured);
    cudaGraphExec_t made = nullptr;
    check(cudaGraphInstantiate(&made, captured, 0), "cudaGraphInstantiate");
    return executable_graph(made);
  }

  std::map<work_key, recording> of_;
};

}  // namespace sdmae::cuda
