// real_files FOLDER: every image below it is read as a data set, and every slide's tiles are OpenSlide's own pixels.
// Exits with 0 when all are, 77 without a folder.
#include <openslide.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/folder.hpp"
#include "sdmae/data/slide.hpp"

namespace {

namespace fs = std::filesystem;
using sdmae::index;

/// Images of more than one value each, read through the data set that programs read folders with.
index read_images(const fs::path& folder) {
  const sdmae::image_folder images(folder);
  for (index i = 0; i < images.size(); ++i) {
    const sdmae::image8 image = images.load(i).image;
    const auto [least, most] = std::minmax_element(image.pixels.begin(), image.pixels.end());
    if (image.pixels.empty() || *least == *most)
      throw sdmae::error(images.name(i), "comes out blank", "does it look so elsewhere?");
  }
  return images.size();
}

/// A square of level 0 as OpenSlide gives it, over white.
std::vector<std::uint8_t> square_of(openslide_t* slide, index left, index top, index side) {
  std::vector<std::uint32_t> argb(static_cast<std::size_t>(side * side));
  openslide_read_region(slide, argb.data(), left, top, 0, side, side);
  std::vector<std::uint8_t> rgb;
  for (const std::uint32_t pixel : argb)
    for (const int shift : {16, 8, 0})
      rgb.push_back(static_cast<std::uint8_t>((pixel >> shift & 255) + (255 - (pixel >> 24))));
  return rgb;
}

index compare_tiles(const fs::path& path) {
  const std::unique_ptr<openslide_t, void (*)(openslide_t*)> slide(openslide_open(path.c_str()), openslide_close);
  constexpr index side = 224;
  const sdmae::slide_tiles tiles(
      path, {.microns_per_pixel = sdmae::slide_file(path).microns_per_pixel(), .tile = side, .least_tissue = 0.1});
  for (index i = 0; i < tiles.size(); ++i)
    if (tiles.load(i).image.pixels != square_of(slide.get(), tiles.at(i).left, tiles.at(i).top, side))
      throw sdmae::error(tiles.name(i), "has other pixels than OpenSlide's", "look at sdmae/data/slide.hpp");
  return tiles.size();
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::puts("check skipped: no real files to read, name their folder with -DSDMAE_SAMPLES");
    return 77;
  }
  std::printf("%td images\n", read_images(argv[1]));
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(argv[1]))
    if (openslide_detect_vendor(entry.path().c_str()) != nullptr && entry.path().extension() == ".svs")
      std::printf("%s: %td tiles\n", entry.path().filename().c_str(), compare_tiles(entry.path()));
  return 0;
} catch (const std::exception& problem) {
  std::fprintf(stderr, "real_files: %s\n", problem.what());
  return 1;
}
