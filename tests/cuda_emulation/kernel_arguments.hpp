// A kernel must not be given addresses of host memory: on a device they would fault, here they would quietly work.
#pragma once

#include <cstdint>
#include <cstring>

namespace cuda_emulation {

/// Whether a word could be an address of the host's memory, which is mapped and not the device's. Reports it as the
/// one at byte `at` of a parameter, named by a function that has its type.
bool names_host_memory(std::uint64_t word, std::size_t at, const char* parameter);

/// Padding may hold anything, old addresses too. With a deduced result, so that it is compiled where it is called: GCC
/// does not take a closure for trivially copyable any more once somebody has asked whether it can be assigned.
template <class Value>
auto clear_padding(Value& value) {
  __builtin_clear_padding(&value);
  return true;
}

/// Looks through the words of a parameter, the captures of an element function among them.
template <class Value>
bool free_of_host_pointers(const Value& value) {
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= sizeof(Value); at += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, reinterpret_cast<const char*>(&value) + at, sizeof(word));
    if (names_host_memory(word, at, __PRETTY_FUNCTION__)) return false;
  }
  return true;
}

}  // namespace cuda_emulation
