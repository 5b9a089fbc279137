// real_files FOLDER: every image below it is decoded, and every slide's tiles are OpenSlide's own pixels. Exits with 0
// when all are, and there is an image and a slide with tiles at least; with 77 without a folder.
#include <openslide.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/folder.hpp"
#include "sdmae/data/resample.hpp"
#include "sdmae/data/slide.hpp"

namespace {

namespace fs = std::filesystem;
using sdmae::index;

bool is_slide(const fs::path& path) { return openslide_detect_vendor(path.c_str()) != nullptr; }

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

/// At the slide's own resolution, and at half of it where that is read from the largest level, too.
index compare_tiles(const fs::path& path) {
  const std::unique_ptr<openslide_t, void (*)(openslide_t*)> slide(openslide_open(path.c_str()), openslide_close);
  constexpr index side = 224;
  const double scanned_at = sdmae::slide_file(path).microns_per_pixel();
  const sdmae::slide_tiles tiles(path, {.microns_per_pixel = scanned_at, .tile = side, .least_tissue = 0.1});
  const sdmae::slide_tiles coarse(path, {.microns_per_pixel = 2 * scanned_at, .tile = side / 2, .least_tissue = 0.1});
  const auto need = [&](bool good, const std::string& name) {
    if (!good) throw sdmae::error(name, "has other pixels than OpenSlide's", "look at sdmae/data/slide.hpp");
  };
  for (index i = 0; i < tiles.size(); ++i) {
    sdmae::image8 square(side, side);
    square.pixels = square_of(slide.get(), tiles.at(i).left, tiles.at(i).top, side);
    need(tiles.load(i).image == square, tiles.name(i));
    if (coarse.level() == 0)
      need(coarse.load(i).image == sdmae::resized(square, side / 2, side / 2, sdmae::interpolation::bilinear),
           coarse.name(i));
  }
  return tiles.size();
}

int check(const fs::path& folder) {
  index images = 0, tiles = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    if (is_slide(entry.path())) {
      const index of_slide = compare_tiles(entry.path());
      std::printf("%s: %td tiles\n", entry.path().filename().c_str(), of_slide);
      tiles += of_slide;
    } else if (sdmae::is_image_name(entry.path())) {
      sdmae::load_image(entry.path());
      ++images;
    }
  }
  std::printf("%td images, %td tiles of slides\n", images, tiles);
  if (images == 0 || tiles == 0)
    throw sdmae::error(folder.string(), images == 0 ? "has no image" : "has no slide with tissue", "it needs both");
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 2) {
    std::puts("check skipped: no real files to read, name their folder with -DSDMAE_SAMPLES");
    return 77;
  }
  return check(argv[1]);
} catch (const std::exception& problem) {
  std::fprintf(stderr, "real_files: %s\n", problem.what());
  return 1;
}
