// Every call of CUDA is checked. What fails becomes an sdmae::error with the call, its code and name, and the place.
#pragma once

#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <string>

#include "sdmae/core/error.hpp"

namespace sdmae::cuda {

/// A line of the source: that of the caller, where it is a default argument.
struct place {
  const char* file;
  int line;
  static constexpr place here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) { return {file, line}; }

  /// Without the folders before it.
  std::string text() const {
    const std::string path = file;
    return path.substr(path.find_last_of('/') + 1) + ":" + std::to_string(line);
  }
};

/// What a user can do about an error of the runtime.
inline std::string remedy_for(cudaError_t code) {
  switch (code) {
    case cudaErrorNoDevice:
      return "run on a machine with an NVIDIA GPU, or choose the CPU backend";
    case cudaErrorInsufficientDriver:
      return "update the NVIDIA driver: it is older than the CUDA runtime asks for";
    case cudaErrorNoKernelImageForDevice:
      return "build with the device's architecture in CMAKE_CUDA_ARCHITECTURES";
    case cudaErrorMemoryAllocation:
      return "choose a smaller slice or batch, or a smaller model";
    default:
      return "the device cannot be used any more in this process: start again from the last checkpoint";
  }
}

/// Throws unless the call went well. `call` is its name.
inline void check(cudaError_t code, const char* call, place at = place::here()) {
  if (code == cudaSuccess) return;
  throw error("CUDA",
              std::string(call) + " failed: " + cudaGetErrorString(code) + " (" + cudaGetErrorName(code) + ", " +
                  std::to_string(static_cast<int>(code)) + ", at " + at.text() + ")",
              remedy_for(code));
}

inline void check(cublasStatus_t status, const char* call, place at = place::here()) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw error("cuBLASLt",
              std::string(call) + " failed: " + cublasLtGetStatusString(status) + " (" + cublasLtGetStatusName(status) +
                  ", " + std::to_string(static_cast<int>(status)) + ", at " + at.text() + ")",
              "the device cannot be used any more in this process: start again from the last checkpoint");
}

}  // namespace sdmae::cuda
