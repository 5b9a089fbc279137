// Tissue of the library's own, written in every kind of file that tiles come in, for programs that time reading them.
#pragma once

#include <stdlib.h>
#include <tiffio.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/synthetic.hpp"
#include "sdmae/io/atomic_file.hpp"
#if defined(PROGRAM_READS_HDF5)
#include "unit/data/hdf5_writer.hpp"
#endif
#if defined(PROGRAM_READS_SLIDES)
#include "unit/data/slide_writer.hpp"
#endif

namespace bench {

/// A folder that goes with everything in it.
class scratch_folder {
 public:
  scratch_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sdmae_loader_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
      throw sdmae::error(pattern, "cannot be created", "set TMPDIR to a folder with 100 MB of room");
    path_ = pattern;
  }
  scratch_folder(const scratch_folder&) = delete;
  scratch_folder& operator=(const scratch_folder&) = delete;
  ~scratch_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Quality 90, chroma at half the resolution: what most collections of tiles are.
inline void write_jpeg(const std::filesystem::path& path, const sdmae::image8& image) {
  const tjhandle coder = tjInitCompress();
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  const int failed =
      tjCompress2(coder, image.pixels.data(), static_cast<int>(image.width), 0, static_cast<int>(image.height),
                  TJPF_RGB, &bytes, &size, TJSAMP_420, 90, TJFLAG_ACCURATEDCT);
  const std::string all(reinterpret_cast<const char*>(bytes), failed ? 0 : size);
  tjFree(bytes);
  tjDestroy(coder);
  if (failed) throw sdmae::error(path.string(), "cannot be written as JPEG", "please report this");
  sdmae::atomic_file file(path);
  file.write(all);
  file.commit();
}

/// Strips of eight rows, PackBits: NCT-CRC-HE-100K's files.
inline void write_tiff(const std::filesystem::path& path, const sdmae::image8& image) {
  TIFF* const file = TIFFOpen(path.c_str(), "w");
  if (file == nullptr) throw sdmae::error(path.string(), "cannot be written as TIFF", "is the disk full?");
  TIFFSetField(file, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(image.width));
  TIFFSetField(file, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(image.height));
  TIFFSetField(file, TIFFTAG_BITSPERSAMPLE, 8);
  TIFFSetField(file, TIFFTAG_SAMPLESPERPIXEL, 3);
  TIFFSetField(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
  TIFFSetField(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField(file, TIFFTAG_COMPRESSION, COMPRESSION_PACKBITS);
  TIFFSetField(file, TIFFTAG_ROWSPERSTRIP, 8);
  std::vector<std::uint8_t> row(static_cast<std::size_t>(image.width * 3));
  for (sdmae::index y = 0; y < image.height; ++y) {
    std::copy_n(image.row(y), image.width * 3, row.begin());
    TIFFWriteScanline(file, row.data(), static_cast<std::uint32_t>(y), 0);
  }
  TIFFClose(file);
}

struct generated_source {
  std::string what;  // for a table
  std::filesystem::path path;
};

/// Each kind of file that this program reads, in `folder`.
inline std::vector<generated_source> write_sources(const std::filesystem::path& folder) {
  using sdmae::index;
  std::vector<generated_source> made;
  const auto tiles = [](index count, index side) { return sdmae::synthetic_tissue(1, count, side, side); };
  const auto files = [&](const char* what, const char* ending, index count, index side, auto write) {
    made.push_back({what, folder / ending});
    std::filesystem::create_directory(made.back().path);
    const auto tissue = tiles(count, side);
    for (index i = 0; i < count; ++i)
      write(made.back().path / (std::to_string(i) + "." + ending), tissue.load(i).image);
  };
  files("JPEG, 256 x 256", "jpg", 64, 256, write_jpeg);
  files("TIFF, PackBits, 224 x 224", "tif", 64, 224, write_tiff);
#if defined(PROGRAM_READS_HDF5)
  constexpr hsize_t count = 1024, side = 96;
  std::vector<std::uint8_t> x;
  const auto small = tiles(count, side);
  for (index i = 0; i < small.size(); ++i) {
    const sdmae::image8 image = small.load(i).image;
    x.insert(x.end(), image.pixels.begin(), image.pixels.end());
  }
  made.push_back({"HDF5, gzip, chunks of 4, 96 x 96", folder / "tiles.h5"});
  hdf5_writer(made.back().path).write("x", H5T_STD_U8LE, {count, side, side, 3}, x, H5T_NATIVE_UINT8, 4, 4);
#endif
#if defined(PROGRAM_READS_SLIDES)
  made.push_back({"slide, JPEG, 2048 x 2048", folder / "slide.svs"});
  write_slide(made.back().path, {tiles(1, 2048).load(0).image}, aperio, true);
#endif
  return made;
}

}  // namespace bench
