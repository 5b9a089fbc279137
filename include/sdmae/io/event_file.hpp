// Curves as TensorBoard reads them: event files, which are records of Event messages.
// https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/io/protobuf_write.hpp"

namespace sdmae {

/// CRC-32C (Castagnoli, RFC 3720): polynomial 0x1EDC6F41, bits reflected.
inline std::uint32_t crc32c(std::string_view bytes) {
  constexpr auto table = [] {
    std::array<std::uint32_t, 256> entries{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t rest = i;
      for (int bit = 0; bit < 8; ++bit) rest = (rest & 1u) != 0 ? rest >> 1 ^ 0x82F63B78u : rest >> 1;
      entries[i] = rest;
    }
    return entries;
  }();
  std::uint32_t sum = ~0u;
  for (const char byte : bytes) sum = sum >> 8 ^ table[(sum ^ static_cast<unsigned char>(byte)) & 255u];
  return ~sum;
}

/// A record of an event file: length, its check sum, the bytes, their check sum. Sums are masked, for records may hold
/// records.
inline std::string event_record(std::string_view bytes) {
  const auto little_endian = [](std::uint64_t number, int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(number >> (8 * i) & 255u);
    return text;
  };
  const auto masked = [&](std::string_view of) {
    const std::uint32_t sum = crc32c(of);
    return little_endian((sum >> 15 | sum << 17) + 0xA282EAD8u, 4);
  };
  const std::string length = little_endian(bytes.size(), 8);
  return length + masked(length) + std::string(bytes) + masked(bytes);
}

using event_scalars = std::vector<std::pair<std::string, float>>;

/// A file that grows by an event a step; each is whole on the disk when add() returns. TensorBoard knows event files by
/// "tfevents" in their names, and reads all of a folder as one run. Throws sdmae::error when it cannot be written.
class event_file {
 public:
  /// `time` in seconds since 1970. With `resumed_at`, what older files of the folder say of that step and later ones no
  /// longer counts.
  event_file(const std::filesystem::path& path, double time, std::optional<index> resumed_at = std::nullopt)
      : path_(path), file_(path, std::ios::binary | std::ios::trunc) {
    write(protobuf_message().real(1, time).text(3, "brain.Event:2"));
    if (resumed_at)
      write(protobuf_message().real(1, time).number(2, *resumed_at).message(7, protobuf_message().number(1, 1)));
  }

  void add(index step, double time, const event_scalars& scalars) {
    protobuf_message summary;
    for (const auto& [name, value] : scalars) summary.message(1, protobuf_message().text(1, name).real(2, value));
    write(protobuf_message().real(1, time).number(2, step).message(5, summary));
  }

 private:
  void write(const protobuf_message& event) {
    file_ << event_record(event.bytes()) << std::flush;
    if (!file_) throw error(path_.string(), "cannot be written", "is the disk full or read-only?");
  }

  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace sdmae
