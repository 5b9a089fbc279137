#include "cuda_emulation/fiber.hpp"

#include <cstdint>

namespace cuda_emulation {

#if defined(__x86_64__)

// The registers that a function must preserve go to the stack, whose top is all that a context needs to remember. A
// hundred times faster than swapcontext, which asks the kernel for the signal mask.
extern "C" void cuda_emulation_change(void** from, void* to);
asm(R"(
.text
.globl cuda_emulation_change
.type cuda_emulation_change, @function
cuda_emulation_change:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size cuda_emulation_change, .-cuda_emulation_change
)");

void context::prepare(std::byte* stack, std::size_t bytes, void (*entry)()) {
  auto** const entry_slot = reinterpret_cast<void**>((reinterpret_cast<std::uintptr_t>(stack + bytes) & ~15ull) - 32);
  entry_slot[0] = reinterpret_cast<void*>(entry);
  entry_slot[1] = nullptr;  // where entry would return to
  for (int i = 1; i <= 6; ++i) entry_slot[-i] = nullptr;
  top_ = entry_slot - 6;
}
void context::change(context& from, context& to) { cuda_emulation_change(&from.top_, to.top_); }

#else

void context::prepare(std::byte* stack, std::size_t bytes, void (*entry)()) {
  getcontext(&state_);
  state_.uc_stack.ss_sp = stack;
  state_.uc_stack.ss_size = bytes;
  state_.uc_link = nullptr;
  makecontext(&state_, entry, 0);
}
void context::change(context& from, context& to) { swapcontext(&from.state_, &to.state_); }

#endif

}  // namespace cuda_emulation
