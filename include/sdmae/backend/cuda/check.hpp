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

inline constexpr const char* start_again =
    "the device cannot be used any more in this process: start again from the last checkpoint";
inline constexpr const char* please_report = "this should not happen: please report this line";

/// After these every call fails until the process ends.
constexpr bool is_sticky(cudaError_t code) {
  switch (code) {
    case cudaErrorIllegalAddress:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorIllegalInstruction:
    case cudaErrorInvalidPc:
    case cudaErrorHardwareStackError:
    case cudaErrorAssert:
    case cudaErrorLaunchFailure:
    case cudaErrorLaunchTimeout:
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorUnknown:
      return true;
    default:
      return false;
  }
}

/// What a user can do about an error of the runtime.
inline std::string remedy_for(cudaError_t code) {
  if (is_sticky(code)) return start_again;
  switch (code) {
    case cudaErrorNoDevice:
      return "run on a machine with an NVIDIA GPU, or choose the CPU backend";
    case cudaErrorInvalidDevice:
      return "choose a device that nvidia-smi lists and CUDA_VISIBLE_DEVICES does not hide";
    case cudaErrorDevicesUnavailable:
      return "another process has the device for itself: wait for it, or choose another device";
    case cudaErrorInsufficientDriver:
      return "update the NVIDIA driver: it is older than the CUDA runtime asks for";
    case cudaErrorUnsupportedPtxVersion:
      return "update the NVIDIA driver: it is older than the compiler of the kernels";
    case cudaErrorSystemDriverMismatch:
      return "update the NVIDIA driver, and restart the machine: the loaded driver and its library differ";
    case cudaErrorInitializationError:
    case cudaErrorSystemNotReady:
      return "nvidia-smi tells whether the driver works: restart it, or the machine";
    case cudaErrorNoKernelImageForDevice:
      return "build with the device's architecture in CMAKE_CUDA_ARCHITECTURES";
    case cudaErrorMemoryAllocation:
      return "choose a smaller slice or batch, or a smaller model";
    default:
      return please_report;
  }
}

/// What a user can do about an error of cuBLASLt.
inline std::string remedy_for(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "is there a cuBLASLt of the toolkit that the program was built with, and memory left on the device?";
    case CUBLAS_STATUS_ALLOC_FAILED:
      return remedy_for(cudaErrorMemoryAllocation);
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return "run on a GPU from Ampere (2020) on, or choose the CPU backend";
    case CUBLAS_STATUS_EXECUTION_FAILED:
    case CUBLAS_STATUS_INTERNAL_ERROR:
      return start_again;
    default:
      return please_report;
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
              remedy_for(status));
}

}  // namespace sdmae::cuda
