// Pictures from the bytes of JPEG, PNG, TIFF and BMP files.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sdmae/data/decode_bmp.hpp"
#include "sdmae/data/decode_jpeg.hpp"
#include "sdmae/data/decode_png.hpp"
#include "sdmae/data/decode_tiff.hpp"

namespace sdmae {

/// Decodes by content, whatever the file is called. The pixels equal those of Pillow's convert("RGB"): JPEG with the
/// accurate integer DCT; grey repeated; alpha dropped, not composited; 16-bit cut to the upper byte; a TIFF's first
/// picture; BMP not compressed, of 8 bits with a palette, 24 or 32. Orientation tags and color profiles are not
/// applied. Corrupt, truncated and unknown files are errors.
inline decoded_image decode_image(const encoded_image& file) {
  const std::string_view start(reinterpret_cast<const char*>(file.bytes), file.size < 8 ? file.size : 8);
  const auto starts_with = [&](std::string_view magic) { return start.substr(0, magic.size()) == magic; };
  if (file.size == 0) detail::fail_decoding(file, "the file is empty");
  if (starts_with("\xff\xd8\xff")) return detail::decode_jpeg(file);
  if (starts_with("\x89PNG\r\n\x1a\n")) return detail::decode_png(file);
  for (std::string_view magic : {std::string_view("II*\0", 4), std::string_view("MM\0*", 4),
                                 std::string_view("II+\0", 4), std::string_view("MM\0+", 4)})
    if (starts_with(magic)) return detail::decode_tiff(file);
  if (starts_with("BM")) return detail::decode_bmp(file);
  detail::fail_decoding(file, "neither JPEG nor PNG nor TIFF nor BMP");
}

/// Reads and decodes a file.
inline decoded_image load_image(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  const auto check = [&](bool good) {
    if (!good) throw error(path.string(), "cannot read (" + std::string(std::strerror(errno)) + ")", "check the file");
  };
  check(file != nullptr);
  std::vector<std::uint8_t> bytes;
  std::size_t got = 0;
  do {
    bytes.resize(bytes.size() + 65536);
    got = std::fread(bytes.data() + bytes.size() - 65536, 1, 65536, file.get());
    bytes.resize(bytes.size() - 65536 + got);
  } while (got > 0);
  check(!std::ferror(file.get()));
  return decode_image({bytes.data(), bytes.size(), path.string()});
}

}  // namespace sdmae
