// The memory of the emulated device: addresses of its own that only work on the device can reach.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

namespace cuda_emulation {

/// Every allocation ends at a page that nobody may touch, begins with all bits set (NaN), and keeps its addresses for
/// itself after it is freed. Between launches all of it is closed to the host.
class device_memory {
 public:
  static device_memory& get();

  /// Null when there is no room.
  std::byte* take(std::size_t bytes);
  /// False when nothing was allocated there, or no longer.
  bool give_back(void* memory);

  /// To the work that follows: all of it, or the allocation in which an address lies.
  void open();
  void open(const void* address);
  /// Closes what was opened, and reports what was written beside an allocation.
  void close();

  bool holds(const void* address) const;
  /// "" when [first, first + bytes) lies in one live allocation; otherwise what is wrong with it.
  std::string trouble_with(const void* first, std::size_t bytes) const;
  /// What stands at an address, in words.
  std::string describe(const void* address) const;

  std::size_t live() const { return live_.size(); }
  std::size_t used = 0, limit = std::size_t{8} << 30;

 private:
  struct piece {
    std::byte* pages;
    std::size_t whole, asked;
    bool freed;
  };
  device_memory();
  const piece* find(const void* address) const;
  void close(const std::byte* memory, const piece& p);

  static constexpr std::size_t page = 4096, alignment = 256, reserved = std::size_t{1} << 40;
  std::byte *base_, *next_;
  std::map<const std::byte*, piece> pieces_;  // by address, freed ones too
  std::map<const std::byte*, piece> live_;
  std::set<const std::byte*> open_;
  bool all_open_ = false;
};

}  // namespace cuda_emulation
