// Host memory on its way to the device: copied to pinned memory first, so that the caller may go on at once.
#pragma once

#include <cstddef>
#include <cstring>

#include "sdmae/backend/cuda/handles.hpp"

namespace sdmae::cuda {

/// Two halves of pinned memory. While the device reads one, the host fills the other; a half is filled anew once the
/// device has read it.
class staging {
 public:
  explicit staging(std::size_t half_bytes) : half_bytes_(half_bytes), memory_(2 * half_bytes) {
    for (event& each : read_) each = make_event();
  }

  /// to[0 … bytes) = from[0 … bytes), in the order of the stream. The host may change `from` when it returns.
  void copy(std::byte* to, const std::byte* from, std::size_t bytes, cudaStream_t where) {
    while (bytes > 0) {
      if (used_ == half_bytes_) change_half(where);
      const std::size_t part = bytes < half_bytes_ - used_ ? bytes : half_bytes_ - used_;
      std::byte* const between = memory_.data() + half_ * half_bytes_ + used_;
      std::memcpy(between, from, part);
      check(cudaMemcpyAsync(to, between, part, cudaMemcpyHostToDevice, where), "cudaMemcpyAsync");
      used_ += part;
      to += part;
      from += part;
      bytes -= part;
    }
  }

 private:
  void change_half(cudaStream_t where) {
    check(cudaEventRecord(read_[half_].get(), where), "cudaEventRecord");
    half_ = 1 - half_;
    check(cudaEventSynchronize(read_[half_].get()), "cudaEventSynchronize");
    used_ = 0;
  }

  std::size_t half_bytes_, used_ = 0;
  int half_ = 0;
  pinned_memory memory_;
  event read_[2];
};

}  // namespace sdmae::cuda
