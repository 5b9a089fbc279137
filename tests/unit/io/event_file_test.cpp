// Event files: check sums, and every byte of a small one.
#include "sdmae/io/event_file.hpp"

#include <cstdio>
#include <string>

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

std::string hexadecimal(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(byte));
    text += two;
  }
  return text;
}

}  // namespace

TEST_CASE("crc32c is RFC 3720's") {
  CHECK(sdmae::crc32c("123456789") == 0xE3069283u);
  CHECK(sdmae::crc32c(std::string(32, '\0')) == 0x8A9136AAu);
  CHECK(sdmae::crc32c(std::string(32, '\xff')) == 0x62A8AB43u);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending += static_cast<char>(i);
  CHECK(sdmae::crc32c(ascending) == 0x46DD794Eu);
  CHECK(sdmae::crc32c("") == 0);
}

// By tensorboard 2.21's RecordWriter: the version, the start of a session, two numbers.
const std::string tensorboard_made =
    "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c"
    "100000000000000095fbfe1809000000000000f83f10ac023a020801713b788a"
    "2600000000000000734fe30009000000000000044010ac022a180a0b0a046c6f7373150000803e0a090a026c72156f1283ba3839eb4a";

TEST_CASE("an event file is what TensorBoard's own writer makes") {
  const temporary_folder folder;
  {
    sdmae::event_file file(folder / "events", 1.5, 300);
    file.add(300, 2.5, {{"loss", 0.25f}, {"lr", -1e-3f}});
  }
  CHECK(hexadecimal(bytes_of(folder / "events")) == tensorboard_made);
  sdmae::event_file fresh(folder / "fresh", 1.5);
  CHECK(bytes_of(folder / "events").rfind(bytes_of(folder / "fresh"), 0) == 0);
  CHECK(bytes_of(folder / "fresh").size() == 16 + 9 + 15);
  CHECK_THAT(error_line([&] { sdmae::event_file(folder / "absent/events", 0); }),
             says("absent/events: cannot be written"));
}
