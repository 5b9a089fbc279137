// PNG through libpng.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/data/encoded_image.hpp"

namespace sdmae::detail {

struct png_reading {
  const encoded_image* file = nullptr;
  std::size_t position = 0;
  std::string message;
  decoded_image result;
  std::vector<std::uint8_t*> rows;
};

inline void png_read_bytes(png_structp png, png_bytep out, png_size_t size) {
  auto* reading = static_cast<png_reading*>(png_get_io_ptr(png));
  if (size > reading->file->size - reading->position) png_error(png, "premature end of the file");
  std::memcpy(out, reading->file->bytes + reading->position, size);
  reading->position += size;
}

[[noreturn]] inline void png_read_failed(png_structp png, png_const_charp message) {
  static_cast<png_reading*>(png_get_error_ptr(png))->message = message;
  png_longjmp(png, 1);
}

inline void png_ignore_warning(png_structp, png_const_charp) {}

// libpng jumps back to the setjmp of these two functions on an error: nothing with a destructor may live in them.
inline bool png_read_header(png_structp png, png_infop info, png_reading& reading) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_set_read_fn(png, &reading, png_read_bytes);
  png_read_info(png, info);
  const int color = png_get_color_type(png, info), depth = png_get_bit_depth(png, info);
  if (depth == 16) reading.result.converted |= conversion::sixteen_bit;
  if (!(color & PNG_COLOR_MASK_COLOR)) reading.result.converted |= conversion::grey;
  if ((color & PNG_COLOR_MASK_ALPHA) || png_get_valid(png, info, PNG_INFO_tRNS))
    reading.result.converted |= conversion::alpha;
  png_set_expand(png);    // palette to RGB, 1, 2 and 4 bits to 8, tRNS to alpha
  png_set_strip_16(png);  // upper byte
  png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);  // the colors under transparent pixels are kept, as Pillow's convert("RGB") does
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

inline bool png_read_pixels(png_structp png, png_reading& reading) {
  if (setjmp(png_jmpbuf(png))) return false;
  png_read_image(png, reading.rows.data());
  png_read_end(png, nullptr);
  return true;
}

struct png_reader {
  png_structp png;
  png_infop info;

  explicit png_reader(png_reading& reading)
      : png(png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading, png_read_failed, png_ignore_warning)),
        info(png ? png_create_info_struct(png) : nullptr) {}
  png_reader(const png_reader&) = delete;
  png_reader& operator=(const png_reader&) = delete;
  ~png_reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

inline decoded_image decode_png(const encoded_image& file) {
  png_reading reading;
  reading.file = &file;
  png_reader reader(reading);
  if (!reader.info) fail_decoding(file, "libpng does not start");
  if (!png_read_header(reader.png, reader.info, reading)) fail_decoding(file, "corrupt PNG: " + reading.message);
  image8& image = reading.result.image;
  image = checked_image(file, static_cast<index>(png_get_image_height(reader.png, reader.info)),
                        static_cast<index>(png_get_image_width(reader.png, reader.info)));
  if (png_get_rowbytes(reader.png, reader.info) != static_cast<std::size_t>(image.width * 3))
    fail_decoding(file, "a kind of PNG that is not supported");
  for (index y = 0; y < image.height; ++y) reading.rows.push_back(image.row(y));
  if (!png_read_pixels(reader.png, reading)) fail_decoding(file, "corrupt PNG: " + reading.message);
  return std::move(reading.result);
}

}  // namespace sdmae::detail
