// JPEG through libjpeg-turbo.
#pragma once

#include <turbojpeg.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "sdmae/data/encoded_image.hpp"

namespace sdmae::detail {

// (a·b)/255 rounded, as Pillow computes it.
inline int scaled_byte(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Ink amounts are stored inverted (Adobe's convention, as Pillow assumes too): 255 is no ink.
inline void cmyk_row_to_rgb(const std::uint8_t* cmyk, index width, std::uint8_t* rgb) {
  for (index x = 0; x < width; ++x)
    for (index c = 0; c < 3; ++c) {
      const int light = cmyk[x * 4 + 3];
      rgb[x * 3 + c] = static_cast<std::uint8_t>(light - scaled_byte(255 - cmyk[x * 4 + c], light));
    }
}

// The accurate integer DCT and smooth chroma upsampling, as libjpeg's defaults (and so Pillow). Whatever libjpeg
// complains about is an error, also where it would go on with made-up pixels, as after a premature end.
inline decoded_image decode_jpeg(const encoded_image& file) {
  const std::unique_ptr<void, int (*)(tjhandle)> decoder(tjInitDecompress(), tjDestroy);
  if (!decoder) fail_decoding(file, "libjpeg-turbo does not start");
  const auto check = [&](int status) {
    if (status != 0) fail_decoding(file, "corrupt JPEG: " + std::string(tjGetErrorStr2(decoder.get())));
  };
  int width = 0, height = 0, subsampling = 0, colors = 0;
  const auto size = static_cast<unsigned long>(file.size);
  check(tjDecompressHeader3(decoder.get(), file.bytes, size, &width, &height, &subsampling, &colors));
  decoded_image result{checked_image(file, height, width), conversion::none};
  const int flags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING;
  if (colors == TJCS_CMYK || colors == TJCS_YCCK) {
    std::vector<std::uint8_t> cmyk(static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * 4);
    check(tjDecompress2(decoder.get(), file.bytes, size, cmyk.data(), width, 0, height, TJPF_CMYK, flags));
    for (index y = 0; y < height; ++y) cmyk_row_to_rgb(cmyk.data() + y * width * 4, width, result.image.row(y));
    result.converted = conversion::cmyk;
  } else {
    check(
        tjDecompress2(decoder.get(), file.bytes, size, result.image.pixels.data(), width, 0, height, TJPF_RGB, flags));
    if (colors == TJCS_GRAY) result.converted = conversion::grey;
  }
  return result;
}

}  // namespace sdmae::detail
