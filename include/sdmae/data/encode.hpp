// PNG files from pictures.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/image.hpp"
#include "sdmae/io/atomic_file.hpp"

namespace sdmae {

namespace detail {

inline void png_append(png_structp png, png_bytep bytes, png_size_t size) {
  auto* out = static_cast<std::vector<std::uint8_t>*>(png_get_io_ptr(png));
  try {
    out->insert(out->end(), bytes, bytes + size);
  } catch (...) {
    png_error(png, "out of memory");  // an exception must not cross libpng's C frames
  }
}

// libpng jumps back here on an error: nothing with a destructor may live in this function.
inline bool png_write(png_structp png, png_infop info, const image8& image, std::vector<std::uint8_t>& out) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_write_fn(png, &out, png_append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width), static_cast<png_uint_32>(image.height), 8,
               PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (index y = 0; y < image.height; ++y) png_write_row(png, image.row(y));
  png_write_end(png, info);
  return true;
}

inline void png_be_silent(png_structp, png_const_charp) {}

[[noreturn]] inline void png_jump(png_structp png, png_const_charp message) {
  if (auto* text = static_cast<std::string*>(png_get_error_ptr(png))) text->assign(message);
  png_longjmp(png, 1);
}

}  // namespace detail

/// The bytes of a PNG file; the same bytes for the same picture and libpng.
inline std::vector<std::uint8_t> encode_png(const image8& image) {
  std::string message;
  std::vector<std::uint8_t> bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &message, detail::png_jump, detail::png_be_silent);
  png_infop info = png ? png_create_info_struct(png) : nullptr;
  const bool done = info && detail::png_write(png, info, image, bytes);
  png_destroy_write_struct(&png, &info);
  if (!done)
    throw error("PNG encoding",
                std::to_string(image.height) + " x " + std::to_string(image.width) + " pixels: " + message,
                "make the picture smaller and at least one pixel large");
  return bytes;
}

/// Writes a PNG file, whole or not at all (see atomic_file).
inline void write_png(const std::filesystem::path& path, const image8& image) {
  const std::vector<std::uint8_t> bytes = encode_png(image);
  atomic_file file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace sdmae
