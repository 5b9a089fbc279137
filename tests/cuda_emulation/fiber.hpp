// Switching between stacks of one thread.
#pragma once

#include <cstddef>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace cuda_emulation {

/// A place of execution to come back to.
class context {
 public:
  /// Begins with entry() on the given stack when switched to. entry must not return.
  void prepare(std::byte* stack, std::size_t bytes, void (*entry)());
  /// Leaves this place of execution, which `from` remembers, for `to`.
  static void change(context& from, context& to);

 private:
#if defined(__x86_64__)
  void* top_ = nullptr;
#else
  ucontext_t state_;
#endif
};

}  // namespace cuda_emulation
