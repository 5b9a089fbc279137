#include "allocations.hpp"

#include <dlfcn.h>

#include <cstdlib>

std::atomic<long> allocations{0};

extern "C" void* malloc(std::size_t size) {
  static const auto next = reinterpret_cast<void* (*)(std::size_t)>(dlsym(RTLD_NEXT, "malloc"));
  allocations.fetch_add(1, std::memory_order_relaxed);
  return next(size);
}
#if defined(__GLIBC__)  // dlsym itself takes memory by calloc: these are asked for by their own names
extern "C" void* __libc_calloc(std::size_t, std::size_t);
extern "C" void* __libc_realloc(void*, std::size_t);
extern "C" void* calloc(std::size_t count, std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}
#endif
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
