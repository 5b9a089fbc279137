#include "allocations.hpp"

#include <dlfcn.h>

#include <cstdlib>

std::atomic<long> allocations{0};

extern "C" void* malloc(std::size_t size) {
  static const auto next = reinterpret_cast<void* (*)(std::size_t)>(dlsym(RTLD_NEXT, "malloc"));
  allocations.fetch_add(1, std::memory_order_relaxed);
  return next(size);
}
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) {
  static const auto next = reinterpret_cast<void* (*)(std::size_t, std::size_t)>(dlsym(RTLD_NEXT, "aligned_alloc"));
  allocations.fetch_add(1, std::memory_order_relaxed);
  return next(alignment, size);
}
extern "C" int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  static const auto next =
      reinterpret_cast<int (*)(void**, std::size_t, std::size_t)>(dlsym(RTLD_NEXT, "posix_memalign"));
  allocations.fetch_add(1, std::memory_order_relaxed);
  return next(out, alignment, size);
}
