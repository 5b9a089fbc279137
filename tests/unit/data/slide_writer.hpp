// Small slides for tests: tiled TIFFs, as Aperio describes its own. Needs sdmae::image (libtiff).
#pragma once

#include <tiffio.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/data/image.hpp"

/// One picture a level, the largest first. An empty description makes a generic slide, which says no µm a pixel.
/// Without compression, or as scanners write them: JPEG in YCbCr.
inline void write_slide(const std::filesystem::path& path, const std::vector<sdmae::image8>& levels,
                        const std::string& description, bool jpeg = false) {
  constexpr std::uint32_t side = 64;
  TIFF* const file = TIFFOpen(path.c_str(), "w");
  for (std::size_t level = 0; level < levels.size(); ++level) {
    const sdmae::image8& picture = levels[level];
    const auto width = static_cast<std::uint32_t>(picture.width), height = static_cast<std::uint32_t>(picture.height);
    TIFFSetField(file, TIFFTAG_IMAGEWIDTH, width);
    TIFFSetField(file, TIFFTAG_IMAGELENGTH, height);
    TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 3);
    TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(file, TIFFTAG_COMPRESSION, jpeg ? COMPRESSION_JPEG : COMPRESSION_NONE);
    TIFFSetField(file, TIFFTAG_PHOTOMETRIC, jpeg ? PHOTOMETRIC_YCBCR : PHOTOMETRIC_RGB);
    if (jpeg) TIFFSetField(file, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    TIFFSetField(file, TIFFTAG_TILEWIDTH, side);
    TIFFSetField(file, TIFFTAG_TILELENGTH, side);
    if (level > 0) TIFFSetField(file, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    if (!description.empty()) TIFFSetField(file, TIFFTAG_IMAGEDESCRIPTION, description.c_str());
    std::vector<std::uint8_t> tile(side * side * 3);
    for (std::uint32_t top = 0; top < height; top += side)
      for (std::uint32_t left = 0; left < width; left += side) {
        std::fill(tile.begin(), tile.end(), std::uint8_t{0});
        for (std::uint32_t y = 0; y < std::min(side, height - top); ++y)
          std::copy_n(picture.row(top + y) + left * 3, std::min(side, width - left) * 3, tile.begin() + y * side * 3);
        TIFFWriteTile(file, tile.data(), left, top, 0, 0);
      }
    TIFFWriteDirectory(file);
  }
  TIFFClose(file);
}

inline const std::string aperio = "Aperio Image Library v1.0|AppMag = 20|MPP = 0.5";
