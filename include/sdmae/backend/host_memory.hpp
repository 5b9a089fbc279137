// Owned, aligned host memory for backends that compute on the host.
#pragma once

#include <cstddef>
#include <new>
#include <string>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "sdmae/core/arena.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae {

/// `bytes` of host memory at a 64-byte boundary, not initialised. Large pieces ask for large pages: weights are read
/// from end to end every slice, and small pages cost a look-up every 4 KiB. Throws sdmae::error when there is not
/// enough.
class host_memory {
 public:
  host_memory() = default;
  explicit host_memory(std::size_t bytes)
      : boundary_(std::align_val_t{bytes < 2 * large_page ? arena::alignment : large_page}),
        data_(static_cast<std::byte*>(::operator new(bytes, boundary_, std::nothrow))) {
    if (data_ == nullptr)
      throw error("memory", "no room for " + std::to_string(bytes >> 20) + " MiB",
                  "choose a smaller slice or batch, or a smaller model");
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (bytes >= 2 * large_page) ::madvise(data_, bytes / large_page * large_page, MADV_HUGEPAGE);  // a wish
#endif
  }
  ~host_memory() { ::operator delete(data_, boundary_); }
  host_memory(host_memory&& other) noexcept : boundary_(other.boundary_), data_(std::exchange(other.data_, nullptr)) {}
  host_memory& operator=(host_memory&& other) noexcept {
    std::swap(boundary_, other.boundary_);
    std::swap(data_, other.data_);
    return *this;
  }

  std::byte* data() const { return data_; }

 private:
  static constexpr std::size_t large_page = std::size_t{1} << 21;
  std::align_val_t boundary_{arena::alignment};
  std::byte* data_ = nullptr;
};

}  // namespace sdmae
