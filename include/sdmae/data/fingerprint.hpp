// A short number that tells whether two runs see the same data set.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace sdmae {

/// 64-bit FNV-1a over what is added; each text counts with its end, so that {"ab", "c"} is not {"a", "bc"}.
class fingerprint {
 public:
  constexpr void add(std::string_view text) {
    for (char c : text) add_byte(static_cast<unsigned char>(c));
    add_byte(0);
  }

  constexpr void add(std::uint64_t number) {
    for (int byte = 0; byte < 8; ++byte) add_byte(static_cast<unsigned char>(number >> (8 * byte)));
  }

  constexpr std::uint64_t value() const { return value_; }

 private:
  constexpr void add_byte(unsigned char byte) { value_ = (value_ ^ byte) * 0x100000001B3u; }

  std::uint64_t value_ = 0xCBF29CE484222325u;
};

/// A number that changes when a file is written anew: of its size and the time of its last change.
inline std::uint64_t state_of_file(const std::filesystem::path& path) {
  std::error_code problem;  // of a file that is not there: as good a state as another
  fingerprint sum;
  sum.add(static_cast<std::uint64_t>(std::filesystem::file_size(path, problem)));
  sum.add(static_cast<std::uint64_t>(std::filesystem::last_write_time(path, problem).time_since_epoch().count()));
  return sum.value();
}

}  // namespace sdmae
