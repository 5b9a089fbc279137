// Slides: levels, resolution, tissue, what is refused. Slides are made here; see samples/ for real ones.
#include "sdmae/data/slide.hpp"
#if defined(SDMAE_TEST_HAS_image)


#include "catch.hpp"
#include "sdmae/data/dataset.hpp"
#include "sdmae/data/synthetic.hpp"
#include "unit/data/slide_writer.hpp"
#include "unit/io/test_files.hpp"

namespace {

using sdmae::image8;
using sdmae::index;
static_assert(sdmae::dataset<sdmae::slide_tiles>);

// Tissue on the left half of 256 × 512 pixels, glass on the right.
image8 half_tissue() {
  image8 picture(256, 512);
  std::fill(picture.pixels.begin(), picture.pixels.end(), std::uint8_t{242});
  for (index row = 0; row < 2; ++row)
    for (index column = 0; column < 2; ++column) {
      const image8 tile = sdmae::synthetic_tissue(5, 9, 128, 128).load(row * 2 + column).image;
      for (index y = 0; y < 128; ++y) std::copy_n(tile.row(y), 384, picture.row(row * 128 + y) + column * 384);
    }
  return picture;
}

image8 cut(const image8& from, index top, index left, index side) {
  return sdmae::resized(from, {top, left, side, side}, side, side);
}

struct made_slide {
  temporary_folder folder;
  image8 large = half_tissue(), small = sdmae::resized(large, 128, 256);
  std::filesystem::path path = folder / "slide.svs";
  made_slide() { write_slide(path, {large, small}, aperio); }
};

TEST_CASE("tiles at the slide's own resolution have its pixels, where there is tissue") {
  const made_slide slide;
  const sdmae::slide_tiles tiles(slide.path, {.microns_per_pixel = 0.5, .tile = 64, .least_tissue = 0.3});
  CHECK(tiles.level() == 0);
  CHECK(tiles.slide().levels() == 2);
  CHECK(tiles.slide().microns_per_pixel() == 0.5);
  CHECK(tiles.size() >= 12);
  CHECK(tiles.size() <= 16);
  for (index i = 0; i < tiles.size(); ++i) {
    const auto [left, top] = tiles.at(i);
    CHECK(left + 64 <= 256);
    CHECK(tiles.name(i) == "slide.svs@" + std::to_string(left) + "," + std::to_string(top));
    CHECK(tiles.load(i).image == cut(slide.large, top, left, 64));
  }
}

TEST_CASE("a coarser resolution is read from the level next finer") {
  const made_slide slide;
  const sdmae::slide_tiles same(slide.path, {.microns_per_pixel = 1, .tile = 32, .least_tissue = 0.3});
  CHECK(same.level() == 1);
  CHECK(same.side() == 64);
  CHECK(same.load(0).image == cut(slide.small, same.at(0).top / 2, same.at(0).left / 2, 32));
  const sdmae::slide_tiles between(slide.path, {.microns_per_pixel = 0.8, .tile = 40, .least_tissue = 0.3});
  CHECK(between.level() == 0);
  CHECK(between.load(0).image == sdmae::resized(slide.large, {between.at(0).top, between.at(0).left, 64, 64}, 40, 40));
  const sdmae::slide_tiles beyond(slide.path, {.microns_per_pixel = 2, .tile = 32, .least_tissue = 0.3});
  CHECK(beyond.level() == 1);
  CHECK(beyond.load(0).image ==
        sdmae::resized(slide.small, {beyond.at(0).top / 2, beyond.at(0).left / 2, 64, 64}, 32, 32));
  const sdmae::slide_tiles told(slide.path, {.microns_per_pixel = 1, .tile = 32, .least_tissue = 0.3, .scanned_at = 1});
  CHECK(told.level() == 0);
  CHECK(told.fingerprint() != same.fingerprint());
}

TEST_CASE("slides without tissue, resolution or room for a tile are refused, each with one line") {
  const made_slide slide;
  const auto refusal = [](const std::filesystem::path& path, const sdmae::slide_settings& how = {.tile = 64}) {
    return error_line([&] { sdmae::slide_tiles tiles(path, how); });
  };
  CHECK_THAT(refusal("nowhere.svs"), says("nowhere.svs: no such file"));
  put_bytes(slide.folder / "text.svs", "this is no slide");
  CHECK_THAT(refusal(slide.folder / "text.svs"), says("is no slide that OpenSlide knows"));
  write_slide(slide.folder / "generic.tif", {slide.large}, "");
  CHECK_THAT(refusal(slide.folder / "generic.tif"), says("does not say how many µm a pixel is"));
  CHECK(refusal(slide.folder / "generic.tif", {.tile = 64, .least_tissue = 0.3, .scanned_at = 0.5}).empty());
  image8 glass(256, 256);
  std::fill(glass.pixels.begin(), glass.pixels.end(), std::uint8_t{240});
  write_slide(slide.folder / "glass.svs", {glass}, aperio);
  CHECK_THAT(refusal(slide.folder / "glass.svs"), says("has no tissue"));
  CHECK_THAT(refusal(slide.path, {.tile = 300}), says("is smaller than a tile of 300 pixels a side"));
  CHECK_THAT(refusal(slide.path, {.tile = 256, .least_tissue = 1}), says("no tile holds 100 % tissue"));
  CHECK_THAT(refusal(slide.path, {.microns_per_pixel = 0}), says("of no size"));
  const std::string bytes = bytes_of(slide.path);
  put_bytes(slide.folder / "cut.svs", bytes.substr(0, bytes.size() / 3));
  CHECK_THAT(refusal(slide.folder / "cut.svs"), says("cut.svs: "));
}

}  // namespace

#endif
