// TIFF through libtiff: the picture of a file, from strips or tiles, in any compression that libtiff knows.
#pragma once

#include <tiffio.h>

#include <algorithm>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "sdmae/data/encoded_image.hpp"

namespace sdmae::detail {

struct tiff_reading {
  const encoded_image* file = nullptr;
  toff_t position = 0;
};

inline tmsize_t tiff_read(thandle_t handle, void* out, tmsize_t size) {
  auto* reading = static_cast<tiff_reading*>(handle);
  const toff_t all = reading->file->size;
  if (reading->position >= all) return 0;
  const toff_t now = std::min<toff_t>(static_cast<toff_t>(size), all - reading->position);
  std::memcpy(out, reading->file->bytes + reading->position, now);
  reading->position += now;
  return static_cast<tmsize_t>(now);
}

inline toff_t tiff_seek(thandle_t handle, toff_t offset, int whence) {
  auto* reading = static_cast<tiff_reading*>(handle);
  if (whence == SEEK_CUR) offset += reading->position;
  if (whence == SEEK_END) offset += reading->file->size;
  return reading->position = offset;
}

inline tmsize_t tiff_write(thandle_t, void*, tmsize_t) { return 0; }
inline int tiff_close(thandle_t) { return 0; }
inline toff_t tiff_size(thandle_t handle) { return static_cast<tiff_reading*>(handle)->file->size; }
inline int tiff_map(thandle_t, void**, toff_t*) { return 0; }
inline void tiff_unmap(thandle_t, void*, toff_t) {}

// libtiff hands messages to one function for the whole process: it keeps the last one, per thread.
inline std::string& tiff_message() {
  thread_local std::string message;
  return message;
}

inline void tiff_keep_message(const char*, const char* format, va_list values) {
  char text[256];
  std::vsnprintf(text, sizeof(text), format, values);
  tiff_message() = text;
}

}  // namespace sdmae::detail

namespace sdmae {

/// Keeps libtiff from printing in this process, also where another library calls it; its errors go into ours.
inline void keep_tiff_quiet() {
  static const bool once = [] {
    TIFFSetErrorHandler(detail::tiff_keep_message);
    TIFFSetWarningHandler(nullptr);
    return true;
  }();
  static_cast<void>(once);
}

}  // namespace sdmae

namespace sdmae::detail {

struct tiff_layout {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, samples = 1, photometric = PHOTOMETRIC_MINISBLACK, planes = PLANARCONFIG_CONTIG, format = 1;
  std::uint16_t alphas = 0;
};

[[noreturn]] inline void fail_tiff(const encoded_image& file) {
  fail_decoding(file, "corrupt TIFF: " + (tiff_message().empty() ? "it cannot be read" : tiff_message()));
}

inline tiff_layout read_tiff_layout(TIFF* tiff, const encoded_image& file) {
  tiff_layout layout;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &layout.width) ||
      !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &layout.height))
    fail_tiff(file);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &layout.planes);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &layout.format);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric);
  std::uint16_t* kinds = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &layout.alphas, &kinds);
  return layout;
}

// `count` pixels of 8- or 16-bit samples to RGB; 16-bit samples lose their lower byte.
inline void tiff_pixels_to_rgb(const tiff_layout& layout, const std::uint8_t* in, index count, std::uint8_t* rgb) {
  const bool is_grey = layout.photometric != PHOTOMETRIC_RGB, invert = layout.photometric == PHOTOMETRIC_MINISWHITE;
  const auto sample = [&](index i) {
    if (layout.bits == 8) return in[i];
    std::uint16_t wide;
    std::memcpy(&wide, in + 2 * i, 2);
    return static_cast<std::uint8_t>(wide >> 8);
  };
  for (index x = 0; x < count; ++x)
    for (index c = 0; c < 3; ++c) {
      const std::uint8_t value = sample(x * layout.samples + (is_grey ? 0 : c));
      rgb[x * 3 + c] = invert ? static_cast<std::uint8_t>(255 - value) : value;
    }
}

inline void read_tiff_strips(TIFF* tiff, const encoded_image& file, const tiff_layout& layout, image8& image) {
  std::uint32_t rows = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
  rows = std::min(rows, layout.height);
  const tmsize_t row_bytes = TIFFScanlineSize(tiff);
  if (rows == 0 || row_bytes < static_cast<tmsize_t>(image.width) * layout.samples * (layout.bits / 8)) fail_tiff(file);
  std::vector<std::uint8_t> strip(static_cast<std::size_t>(row_bytes) * rows);
  for (std::uint32_t top = 0, number = 0; top < layout.height; top += rows, ++number) {
    const std::uint32_t here = std::min(rows, layout.height - top);
    const tmsize_t wanted = row_bytes * static_cast<tmsize_t>(here);
    if (TIFFReadEncodedStrip(tiff, number, strip.data(), wanted) != wanted) fail_tiff(file);
    for (std::uint32_t y = 0; y < here; ++y)
      tiff_pixels_to_rgb(layout, strip.data() + row_bytes * static_cast<tmsize_t>(y), image.width, image.row(top + y));
  }
}

inline void read_tiff_tiles(TIFF* tiff, const encoded_image& file, const tiff_layout& layout, image8& image) {
  std::uint32_t wide = 0, high = 0;
  TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &wide);
  TIFFGetField(tiff, TIFFTAG_TILELENGTH, &high);
  if (wide == 0 || high == 0 || high > most_pixels / wide) fail_tiff(file);
  const tmsize_t pixel_bytes = static_cast<tmsize_t>(layout.samples) * (layout.bits / 8);
  std::vector<std::uint8_t> tile(static_cast<std::size_t>(pixel_bytes) * wide * high);
  if (TIFFTileSize(tiff) != static_cast<tmsize_t>(tile.size())) fail_tiff(file);
  for (std::uint32_t top = 0; top < layout.height; top += high)
    for (std::uint32_t left = 0; left < layout.width; left += wide) {
      if (TIFFReadTile(tiff, tile.data(), left, top, 0, 0) != static_cast<tmsize_t>(tile.size())) fail_tiff(file);
      const index columns = std::min(wide, layout.width - left), rows = std::min(high, layout.height - top);
      for (index y = 0; y < rows; ++y)
        tiff_pixels_to_rgb(layout, tile.data() + y * static_cast<index>(wide) * pixel_bytes, columns,
                           image.row(top + y) + left * 3);
    }
}

// Palettes, YCbCr, CMYK, 1-bit, separate planes …: libtiff's own conversion.
inline void read_tiff_otherwise(TIFF* tiff, const encoded_image& file, const tiff_layout& layout, image8& image) {
  char reason[1024] = "";
  if (!TIFFRGBAImageOK(tiff, reason))
    fail_decoding(file, "a kind of TIFF that is not supported: " + std::string(reason));
  std::vector<std::uint32_t> raster(static_cast<std::size_t>(image.height * image.width));
  if (!TIFFReadRGBAImageOriented(tiff, layout.width, layout.height, raster.data(), ORIENTATION_TOPLEFT, 1))
    fail_tiff(file);
  for (std::size_t i = 0; i < raster.size(); ++i) {
    image.pixels[i * 3] = static_cast<std::uint8_t>(TIFFGetR(raster[i]));
    image.pixels[i * 3 + 1] = static_cast<std::uint8_t>(TIFFGetG(raster[i]));
    image.pixels[i * 3 + 2] = static_cast<std::uint8_t>(TIFFGetB(raster[i]));
  }
}

inline conversion tiff_conversions(const tiff_layout& layout) {
  conversion set = conversion::none;
  if (layout.photometric <= PHOTOMETRIC_MINISBLACK) set |= conversion::grey;
  if (layout.photometric == PHOTOMETRIC_SEPARATED) set |= conversion::cmyk;
  if (layout.bits == 16) set |= conversion::sixteen_bit;
  if (layout.alphas > 0) set |= conversion::alpha;
  return set;
}

inline decoded_image decode_tiff(const encoded_image& file) {
  keep_tiff_quiet();
  tiff_message().clear();
  tiff_reading reading{&file};
  const std::unique_ptr<TIFF, void (*)(TIFF*)> tiff(
      TIFFClientOpen(file.name.c_str(), "rm", &reading, tiff_read, tiff_write, tiff_seek, tiff_close, tiff_size,
                     tiff_map, tiff_unmap),
      TIFFClose);
  if (!tiff) fail_tiff(file);
  if (TIFFNumberOfDirectories(tiff.get()) > 1)
    throw error(file.name, "holds several pictures: a whole slide, or pages",
                "slides are data by themselves, not among tiles; of pages give one a file");
  const tiff_layout layout = read_tiff_layout(tiff.get(), file);
  decoded_image result{checked_image(file, layout.height, layout.width), tiff_conversions(layout)};
  const bool rgb = layout.photometric == PHOTOMETRIC_RGB && layout.samples >= 3;
  const bool is_grey = layout.photometric <= PHOTOMETRIC_MINISBLACK && layout.samples >= 1;
  const bool plain =
      (layout.bits == 8 || layout.bits == 16) && layout.samples <= 16 && layout.format == SAMPLEFORMAT_UINT;
  if (layout.planes != PLANARCONFIG_CONTIG || !plain || !(rgb || is_grey))
    read_tiff_otherwise(tiff.get(), file, layout, result.image);
  else if (TIFFIsTiled(tiff.get()))
    read_tiff_tiles(tiff.get(), file, layout, result.image);
  else
    read_tiff_strips(tiff.get(), file, layout, result.image);
  return result;
}

}  // namespace sdmae::detail
