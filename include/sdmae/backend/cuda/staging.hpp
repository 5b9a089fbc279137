// Host memory on its way to the device: copied to pinned memory first, so that the caller may go on at once, and sent
// by a stream of its own, so that it travels while the device still computes with what came before.
#pragma once

#include <cstddef>
#include <cstring>

#include "sdmae/backend/cuda/handles.hpp"

namespace sdmae::cuda {

/// Two halves, each of pinned memory on the host and as much on the device. While the device reads one half, the host
/// fills the other; a half is filled anew once the device has read it. The last way, from the device's half to where
/// the values belong, is work of the computing stream: only there is it known what still reads the old ones.
class staging {
 public:
  /// Throws sdmae::error for halves of no bytes, through which nothing could pass.
  explicit staging(std::size_t half_bytes)
      : half_bytes_(checked(half_bytes)), transfers_(make_stream()), arrived_(make_event()) {
    for (event& each : read_) each = make_event();
  }

  std::size_t bytes() const { return 2 * half_bytes_; }
  /// `there`: so many bytes of the device, for all copies from now on.
  void use(std::byte* there) {
    here_ = pinned_memory(bytes());
    there_ = there;
  }

  /// to[0 … bytes) = from[0 … bytes), in the order of `computing`. The host may change `from` when it returns.
  void copy(std::byte* to, const std::byte* from, std::size_t bytes, cudaStream_t computing) {
    while (bytes > 0) {
      if (used_ == half_bytes_) change_half(computing);
      const std::size_t part = bytes < half_bytes_ - used_ ? bytes : half_bytes_ - used_;
      send(to, from, part, computing);
      used_ += part;
      to += part;
      from += part;
      bytes -= part;
    }
  }

 private:
  static std::size_t checked(std::size_t half_bytes) {
    if (half_bytes == 0)
      throw error("cuda_options::staging", "less than 2 bytes, a byte for each half", "leave it at its default");
    return half_bytes;
  }

  void send(std::byte* to, const std::byte* from, std::size_t bytes, cudaStream_t computing) {
    const std::size_t at = half_ * half_bytes_ + used_;
    std::memcpy(here_.data() + at, from, bytes);
    check(cudaMemcpyAsync(there_ + at, here_.data() + at, bytes, cudaMemcpyHostToDevice, transfers_.get()),
          "cudaMemcpyAsync");
    check(cudaEventRecord(arrived_.get(), transfers_.get()), "cudaEventRecord");
    check(cudaStreamWaitEvent(computing, arrived_.get(), 0), "cudaStreamWaitEvent");
    check(cudaMemcpyAsync(to, there_ + at, bytes, cudaMemcpyDeviceToDevice, computing), "cudaMemcpyAsync");
  }

  void change_half(cudaStream_t computing) {
    check(cudaEventRecord(read_[half_].get(), computing), "cudaEventRecord");
    half_ = 1 - half_;
    check(cudaEventSynchronize(read_[half_].get()), "cudaEventSynchronize");
    used_ = 0;
  }

  std::size_t half_bytes_, used_ = 0;
  int half_ = 0;
  stream transfers_;
  event arrived_, read_[2];
  pinned_memory here_;
  std::byte* there_ = nullptr;
};

}  // namespace sdmae::cuda
