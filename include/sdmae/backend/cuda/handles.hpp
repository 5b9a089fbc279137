// Owners of what CUDA hands out. Each is movable, gives back in its destructor, and is made by a checked call.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

#include "sdmae/backend/cuda/check.hpp"

namespace sdmae::cuda {

/// Calls a function of CUDA on a handle; a destructor has nobody to tell what it answers.
template <auto GiveBack>
struct giving_back {
  template <class Handle>
  void operator()(Handle handle) const {
    static_cast<void>(GiveBack(handle));
  }
};
template <class Handle, auto GiveBack>
using unique_handle = std::unique_ptr<std::remove_pointer_t<Handle>, giving_back<GiveBack>>;

using stream = unique_handle<cudaStream_t, cudaStreamDestroy>;
using event = unique_handle<cudaEvent_t, cudaEventDestroy>;
using graph = unique_handle<cudaGraph_t, cudaGraphDestroy>;
using executable_graph = unique_handle<cudaGraphExec_t, cudaGraphExecDestroy>;
using lt_handle = unique_handle<cublasLtHandle_t, cublasLtDestroy>;

/// Makes a device that of the calling thread. Throws sdmae::error where there is none that can be used.
inline void select_device(int device) {
  int driver = 0, count = 0;
  check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  if (driver == 0) throw error("CUDA", "there is no NVIDIA driver", remedy_for(cudaErrorNoDevice));
  check(cudaGetDeviceCount(&count), "cudaGetDeviceCount");
  check(cudaSetDevice(device), "cudaSetDevice");
}

inline stream make_stream() {
  cudaStream_t made = nullptr;
  check(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
  return stream(made);
}
inline event make_event() {
  cudaEvent_t made = nullptr;
  check(cudaEventCreateWithFlags(&made, cudaEventDisableTiming), "cudaEventCreateWithFlags");
  return event(made);
}
inline lt_handle make_lt_handle() {
  cublasLtHandle_t made = nullptr;
  check(cublasLtCreate(&made), "cublasLtCreate");
  return lt_handle(made);
}

/// `bytes` of the device's memory at a 256-byte boundary, not initialised. Throws sdmae::error when there is not
/// enough.
class device_memory {
 public:
  device_memory() = default;
  explicit device_memory(std::size_t bytes) {
    void* taken = nullptr;
    const cudaError_t code = cudaMalloc(&taken, bytes);
    if (code == cudaErrorMemoryAllocation) refuse(bytes);
    check(code, "cudaMalloc");
    data_.reset(static_cast<std::byte*>(taken));
  }
  std::byte* data() const { return data_.get(); }

 private:
  [[noreturn]] static void refuse(std::size_t bytes) {
    static_cast<void>(cudaGetLastError());  // this one is dealt with
    std::size_t available = 0, total = 0;
    check(cudaMemGetInfo(&available, &total), "cudaMemGetInfo");
    throw error("device memory",
                "no room for " + std::to_string(bytes >> 20) + " MiB: " + std::to_string(available >> 20) + " of " +
                    std::to_string(total >> 20) + " MiB are free",
                remedy_for(cudaErrorMemoryAllocation));
  }
  unique_handle<std::byte*, cudaFree> data_;
};

/// Memory of the device for the time of a call.
struct device_workspace {
  std::byte* data = nullptr;
  std::size_t bytes = 0;
};

/// Host memory that the device reads and writes while the host goes on. Throws sdmae::error when there is not enough.
class pinned_memory {
 public:
  pinned_memory() = default;
  explicit pinned_memory(std::size_t bytes) {
    void* taken = nullptr;
    const cudaError_t code = cudaMallocHost(&taken, bytes);
    if (code == cudaErrorMemoryAllocation) {
      static_cast<void>(cudaGetLastError());  // this one is dealt with
      throw error("pinned memory", "the system has no " + std::to_string(bytes >> 20) + " MiB for it",
                  "end other programs, or give this one more of the machine's memory");
    }
    check(code, "cudaMallocHost");
    data_.reset(static_cast<std::byte*>(taken));
  }
  std::byte* data() const { return data_.get(); }

 private:
  unique_handle<std::byte*, cudaFreeHost> data_;
};

}  // namespace sdmae::cuda
