// How often this program has asked for memory. Include in one source file of a program: it replaces malloc and its
// kin, because Eigen and the C library do not go through operator new.
#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>

namespace bench {
inline std::atomic<long> allocations{0};
}

extern "C" void* malloc(std::size_t size) noexcept {
  static const auto next = reinterpret_cast<void* (*)(std::size_t)>(dlsym(RTLD_NEXT, "malloc"));
  bench::allocations.fetch_add(1, std::memory_order_relaxed);
  return next(size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  static const auto next = reinterpret_cast<void* (*)(std::size_t, std::size_t)>(dlsym(RTLD_NEXT, "aligned_alloc"));
  bench::allocations.fetch_add(1, std::memory_order_relaxed);
  return next(alignment, size);
}
extern "C" int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  static const auto next =
      reinterpret_cast<int (*)(void**, std::size_t, std::size_t)>(dlsym(RTLD_NEXT, "posix_memalign"));
  bench::allocations.fetch_add(1, std::memory_order_relaxed);
  return next(out, alignment, size);
}
