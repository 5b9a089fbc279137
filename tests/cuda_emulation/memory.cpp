#include "cuda_emulation/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "cuda_emulation/emulation.hpp"
#include "cuda_emulation/kernel_arguments.hpp"

namespace cuda_emulation {

device_memory& device_memory::get() {
  static device_memory memory;
  return memory;
}

device_memory::device_memory() {
  void* const all = mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (all == MAP_FAILED) throw std::bad_alloc();
  base_ = next_ = static_cast<std::byte*>(all);
}

std::byte* device_memory::take(std::size_t bytes) {
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  const std::size_t whole = (rounded + page - 1) / page * page;
  if (used + bytes > limit || next_ + whole + page > base_ + reserved) return nullptr;
  piece p{next_, whole, bytes, false};
  next_ += whole + page;
  std::byte* const memory = p.pages + (whole - rounded);
  mprotect(p.pages, whole, PROT_READ | PROT_WRITE);
  std::memset(p.pages, 0xFF, whole);
  mprotect(p.pages, whole, PROT_NONE);
  pieces_[memory] = live_[memory] = p;
  used += bytes;
  return memory;
}

bool device_memory::give_back(void* memory) {
  const auto at = live_.find(static_cast<std::byte*>(memory));
  if (at == live_.end()) return false;
  mmap(at->second.pages, at->second.whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  pieces_[at->first].freed = true;
  used -= at->second.asked;
  live_.erase(at);
  return true;
}

void device_memory::open() {
  if (all_open_) return;
  for (const auto& [memory, p] : live_) mprotect(p.pages, p.whole, PROT_READ | PROT_WRITE);
  all_open_ = true;
}
void device_memory::open(const void* address) {
  const auto after = live_.upper_bound(static_cast<const std::byte*>(address));
  if (all_open_ || after == live_.begin() || !open_.insert(std::prev(after)->first).second) return;
  mprotect(std::prev(after)->second.pages, std::prev(after)->second.whole, PROT_READ | PROT_WRITE);
}

void device_memory::close() {
  for (const auto& [memory, p] : live_)
    if (all_open_ || open_.count(memory) != 0) close(memory, p);
  open_.clear();
  all_open_ = false;
}
void device_memory::close(const std::byte* memory, const piece& p) {
  const auto beside = [&](std::byte* first, const std::byte* end) {
    const bool whole =
        std::all_of(static_cast<const std::byte*>(first), end, [](std::byte b) { return b == std::byte{0xFF}; });
    std::memset(first, 0xFF, static_cast<std::size_t>(end - first));
    return !whole;
  };
  const bool before = beside(p.pages, memory),
             behind = beside(const_cast<std::byte*>(memory) + p.asked, p.pages + p.whole);
  if (before || behind) report("out of bounds: written beside an allocation of " + std::to_string(p.asked) + " bytes");
  mprotect(p.pages, p.whole, PROT_NONE);
}

bool device_memory::holds(const void* address) const {
  return address >= static_cast<const void*>(base_) && address < static_cast<const void*>(base_ + reserved);
}

const device_memory::piece* device_memory::find(const void* address) const {
  auto after = pieces_.upper_bound(static_cast<const std::byte*>(address));
  return after == pieces_.begin() ? nullptr : &std::prev(after)->second;
}

std::string device_memory::trouble_with(const void* first, std::size_t bytes) const {
  if (!holds(first)) return first == nullptr ? "is null" : "is a host pointer";
  const piece* const p = find(first);
  if (p == nullptr) return "is out of bounds: before every allocation";
  if (p->freed) return "is used after free";
  const std::byte* const memory = p->pages + (p->whole - (p->asked + alignment - 1) / alignment * alignment);
  const auto offset = static_cast<std::size_t>(static_cast<const std::byte*>(first) - memory);
  if (offset + bytes <= p->asked) return "";
  return "is out of bounds: bytes [" + std::to_string(offset) + ", " + std::to_string(offset + bytes) +
         ") of an allocation of " + std::to_string(p->asked);
}

std::string device_memory::describe(const void* address) const {
  if (address == nullptr) return "a null or misaligned address";
  if (!holds(address)) return "an address that is not the device's";
  const std::string trouble = trouble_with(address, 1);
  return trouble.empty() ? "an allocation" : "memory that " + trouble;
}

bool names_host_memory(std::uint64_t word, std::size_t at, const char* parameter) {
  constexpr std::uint64_t lowest = 1 << 16, highest = std::uint64_t{1} << 47;
  auto* const address = reinterpret_cast<void*>(word);
  if (word < lowest || word >= highest || device_memory::get().holds(address)) return false;
  unsigned char resident;
  if (mincore(reinterpret_cast<void*>(word & ~std::uint64_t{4095}), 1, &resident) != 0) return false;
  report("host pointer: a kernel is given the address of host memory, at byte " + std::to_string(at) + " of " +
         parameter);
  return true;
}

}  // namespace cuda_emulation
