// Owned, aligned host memory for backends that compute on the host.
#pragma once

#include <cstddef>
#include <new>
#include <string>

#include "sdmae/core/arena.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae {

/// `bytes` of host memory at a 64-byte boundary, not initialised. Throws sdmae::error when there is not enough.
class host_memory {
 public:
  host_memory() = default;
  explicit host_memory(std::size_t bytes)
      : data_(static_cast<std::byte*>(::operator new (bytes, std::align_val_t{arena::alignment}, std::nothrow))) {
    if (data_ == nullptr)
      throw error("memory", "no room for " + std::to_string(bytes >> 20) + " MiB",
                  "choose a smaller slice or batch, or a smaller model");
  }
  ~host_memory() { ::operator delete (data_, std::align_val_t{arena::alignment}); }
  host_memory(host_memory&& other) noexcept : data_(other.data_) { other.data_ = nullptr; }
  host_memory& operator=(host_memory&& other) noexcept {
    std::byte* const mine = data_;
    data_ = other.data_;
    other.data_ = mine;
    return *this;
  }

  std::byte* data() const { return data_; }

 private:
  std::byte* data_ = nullptr;
};

}  // namespace sdmae
