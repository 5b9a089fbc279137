// BMP as pictures are kept in it: not compressed, a palette's 8 bits, 24 or 32 bits a pixel. There is nothing to
// decode, so no library is asked.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include "sdmae/data/encoded_image.hpp"

namespace sdmae::detail {

/// What the two headers of a file say: BITMAPFILEHEADER and BITMAPINFOHEADER, or one of the longer ones that start so.
struct bmp_header {
  index pixels = 0, palette = 0, colors = 0;  // bytes from the start; entries of 4 bytes, blue first
  index width = 0, height = 0, bits = 0;
  bool from_top = false, has_alpha = false;

  explicit bmp_header(const encoded_image& file) : file_(file) {
    const index size = number(14, 4), compression = number(30, 4);
    const auto need = [&](bool good, const std::string& what) {
      if (!good) fail_decoding(file, "a BMP " + what + " is not supported", "save it as PNG");
    };
    need(size >= 40, "with a header of " + std::to_string(size) + " bytes");
    bits = number(28, 2);
    width = signed_number(18);
    height = std::abs(signed_number(22));
    from_top = signed_number(22) < 0;
    pixels = number(10, 4);
    palette = 14 + size;
    if (bits == 8) colors = number(46, 4) == 0 ? 256 : number(46, 4);
    const bool masks = compression == 3 && bits == 32;  // where the usual order of colors may be told once more
    need((bits == 8 || bits == 24 || bits == 32) && (compression == 0 || masks),
         "of " + std::to_string(bits) + " bits, compression " + std::to_string(compression) + ",");
    if (masks) {
      need(number(54, 4) == 0xff0000 && number(58, 4) == 0xff00 && number(62, 4) == 0xff,
           "with colors in an unusual order");
      has_alpha = size >= 56 && number(66, 4) != 0;
    }
    if (colors > 256) fail_decoding(file, "corrupt BMP: a palette of " + std::to_string(colors) + " colors");
    if (palette + 4 * colors > pixels) fail_decoding(file, "corrupt BMP: pixels within its headers");
  }

  /// Bytes of a row, which are filled up to a multiple of 4.
  index stride() const { return (width * bits + 31) / 32 * 4; }
  index number(index place, index bytes) const {
    if (place + bytes > static_cast<index>(file_.size)) fail_decoding(file_, "corrupt BMP: premature end of the file");
    index value = 0;
    for (index i = bytes; i-- > 0;) value = value << 8 | file_.bytes[place + i];
    return value;
  }

 private:
  index signed_number(index place) const { return static_cast<std::int32_t>(number(place, 4)); }

  const encoded_image& file_;
};

inline decoded_image decode_bmp(const encoded_image& file) {
  const bmp_header header(file);
  const index step = header.bits / 8, stride = header.stride(), size = static_cast<index>(file.size);
  if (header.width > 0 && (header.pixels > size || header.height > (size - header.pixels) / stride))
    fail_decoding(file, "corrupt BMP: premature end of the file");
  decoded_image result{checked_image(file, header.height, header.width), conversion::none};
  if (header.has_alpha) result.converted |= conversion::alpha;
  bool all_grey = header.bits == 8;
  for (index y = 0; y < header.height; ++y) {
    const index line = header.from_top ? y : header.height - 1 - y;
    const std::uint8_t* from = file.bytes + header.pixels + line * stride;
    std::uint8_t* to = result.image.row(y);
    for (index x = 0; x < header.width; ++x, from += step, to += 3) {
      if (header.bits == 8 && *from >= header.colors) fail_decoding(file, "corrupt BMP: a color beyond its palette");
      const std::uint8_t* color = header.bits == 8 ? file.bytes + header.palette + 4 * *from : from;
      to[0] = color[2], to[1] = color[1], to[2] = color[0];
      all_grey = all_grey && color[0] == color[1] && color[1] == color[2];
    }
  }
  if (all_grey) result.converted |= conversion::grey;
  return result;
}

}  // namespace sdmae::detail
