// Writing Protocol Buffers by hand: the wire types that matter. https://protobuf.dev/programming-guides/encoding
#pragma once

#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace sdmae {

/// A message under construction. Fields appear in the order of the calls; a nested message is a field of bytes.
class protobuf_message {
 public:
  /// An integer, enumeration or boolean; a negative one takes ten bytes, as int64 does.
  protobuf_message& number(int field, std::int64_t value) {
    tag(field, 0);
    varint(static_cast<std::uint64_t>(value));
    return *this;
  }
  /// A float or a double, as which it must be declared.
  template <std::floating_point Real>
  protobuf_message& real(int field, Real value) {
    static_assert(sizeof value == 4 || sizeof value == 8);
    tag(field, sizeof value == 4 ? 5 : 1);
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);  // little-endian, like everything that reads our files
    bytes_.append(bytes, sizeof value);
    return *this;
  }
  /// A string, bytes or nested message.
  protobuf_message& text(int field, std::string_view bytes) {
    start(field, bytes.size());
    bytes_.append(bytes);
    return *this;
  }
  protobuf_message& message(int field, const protobuf_message& nested) { return text(field, nested.bytes()); }
  /// The beginning of a field of `size` bytes that are written behind this message.
  protobuf_message& start(int field, std::size_t size) {
    tag(field, 2);
    varint(size);
    return *this;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  void tag(int field, unsigned wire_type) { varint(static_cast<std::uint64_t>(field) << 3 | wire_type); }
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes_ += static_cast<char>(value | 128);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace sdmae
