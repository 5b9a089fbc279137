// A kernel must not be given addresses of host memory: on a device they would fault, here they would quietly work.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

namespace cuda_emulation {

/// Whether a word could be an address of the host's memory, which is mapped and not the device's. Reports it.
bool names_host_memory(std::uint64_t word);

/// Looks through the words of a parameter, the captures of an element function among them. Padding is cleared first:
/// it may hold anything
/// (GCC 12 cannot do it for closures, which are seldom padded).
template <class Value>
bool free_of_host_pointers(Value& value) {
  if constexpr (std::is_trivially_copy_assignable_v<Value>) __builtin_clear_padding(&value);
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= sizeof(Value); at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&value) + at, sizeof(word));
    if (names_host_memory(word)) return false;
  }
  return true;
}

}  // namespace cuda_emulation
