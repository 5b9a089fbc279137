// Folders of slides: whose tiles come when, and what tells them apart.
#include "sdmae/data/slide_folder.hpp"
#if defined(SDMAE_TEST_HAS_image)

#include <atomic>
#include <chrono>
#include <thread>

#include "catch.hpp"
#include "sdmae/data/dataset.hpp"
#include "sdmae/data/folder.hpp"
#include "sdmae/data/synthetic.hpp"
#include "unit/data/slide_writer.hpp"
#include "unit/io/test_files.hpp"

namespace {

static_assert(sdmae::dataset<sdmae::slide_folder>);

const sdmae::slide_settings small_tiles{.microns_per_pixel = 0.5, .tile = 64, .least_tissue = 0};

// Two slides full of tissue: 2 × 2 and 1 × 1 tiles.
struct two_slides {
  temporary_folder folder;
  std::vector<std::string> names{"a/large.svs", "small.svs"};
  two_slides() {
    std::filesystem::create_directory(folder / "a");
    write_slide(folder / names[0], {sdmae::synthetic_tissue(1, 1, 150, 150).load(0).image}, aperio);
    write_slide(folder / names[1], {sdmae::synthetic_tissue(2, 1, 80, 80).load(0).image}, aperio);
  }
};

}  // namespace

TEST_CASE("a folder of slides has the tiles of each, slide after slide") {
  const two_slides made;
  CHECK(sdmae::files_below(made.folder.path, sdmae::is_slide_name) == made.names);
  const sdmae::slide_folder all(made.folder.path, made.names, small_tiles);
  const sdmae::slide_tiles large(made.folder / made.names[0], small_tiles),
      small(made.folder / made.names[1], small_tiles);
  REQUIRE(large.size() == 4);
  REQUIRE(all.size() == large.size() + small.size());
  for (sdmae::index i = 0; i < large.size(); ++i) {
    CHECK(all.name(i) == "a/" + large.name(i));
    CHECK(all.slide_of(i) == made.names[0]);
    CHECK(all.load(i).image == large.load(i).image);
  }
  CHECK(all.name(4) == small.name(0));
  CHECK(all.slide_of(4) == made.names[1]);
  CHECK(all.load(4).image == small.load(0).image);
}

TEST_CASE(
    "a folder of slides has another fingerprint with other slides, names or tiles, another state when written anew") {
  const two_slides made;
  const auto fingerprint = [&](const std::vector<std::string>& names, const sdmae::slide_settings& how) {
    return sdmae::slide_folder(made.folder.path, names, how).fingerprint();
  };
  const std::uint64_t both = fingerprint(made.names, small_tiles);
  CHECK(both == fingerprint(made.names, small_tiles));
  CHECK(both != fingerprint({made.names[0]}, small_tiles));
  sdmae::slide_settings finer = small_tiles;
  finer.microns_per_pixel = 0.25;
  CHECK(both != fingerprint(made.names, finer));
  const auto state = [&] { return sdmae::slide_folder(made.folder.path, made.names, small_tiles).state_of_files(); };
  const std::uint64_t before = state();
  CHECK(state() == before);
  const std::filesystem::path second = made.folder / made.names[1];
  std::filesystem::last_write_time(second, std::filesystem::last_write_time(second) + std::chrono::seconds(1));
  CHECK(state() != before);
  CHECK(both == fingerprint(made.names, small_tiles));
  std::filesystem::rename(made.folder / "a", made.folder / "b");
  CHECK(both != fingerprint({"b/large.svs", made.names[1]}, small_tiles));
}

TEST_CASE("of many slides some are open, and all can be read") {
  const temporary_folder folder;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < sdmae::slide_folder::most_open + 3; ++i) {
    names.push_back(std::to_string(i) + ".svs");
    write_slide(folder / names[i], {sdmae::synthetic_tissue(i, 1, 64, 64).load(0).image}, aperio);
  }
  const sdmae::slide_folder all(folder.path, names, small_tiles);
  REQUIRE(all.size() == static_cast<sdmae::index>(names.size()));
  std::atomic<int> wrong = 0;
  const auto read_all = [&](std::uint64_t order) {
    for (const sdmae::index i : sdmae::epoch_order(order, 0, all.size())) {
      const sdmae::image8 wanted = sdmae::synthetic_tissue(static_cast<std::uint64_t>(i), 1, 64, 64).load(0).image;
      if (!(all.load(i).image == wanted)) ++wrong;
    }
  };
  std::thread other(read_all, 1);
  read_all(2);
  other.join();
  CHECK(wrong == 0);
}

TEST_CASE("a slide that was closed is opened by whoever reads it") {
  const two_slides made;
  const sdmae::slide_tiles tiles(made.folder / made.names[0], small_tiles);
  const sdmae::image8 before = tiles.load(1).image;
  tiles.slide().close();
  CHECK(tiles.slide().levels() == 1);
  const sdmae::slide_file::handle held = tiles.slide().hold();
  tiles.slide().close();
  CHECK(tiles.slide().hold() == held);
  CHECK(tiles.load(1).image == before);
}

TEST_CASE("slides without a tile are left out of a folder, and told") {
  const two_slides made;
  write_slide(made.folder / "tiny.svs", {sdmae::synthetic_tissue(1, 1, 50, 50).load(0).image}, aperio);
  std::vector<std::string> names{made.names[0], made.names[1], "tiny.svs"};
  std::vector<sdmae::index> cut;
  const sdmae::slide_folder all(made.folder.path, names, small_tiles, [&](sdmae::index done) { cut.push_back(done); });
  CHECK(all.size() == 5);
  CHECK(cut == std::vector<sdmae::index>{1, 2, 3});
  REQUIRE(all.left_out().size() == 1);
  CHECK_THAT(all.left_out()[0], says("tiny.svs: is smaller than a tile"));
  CHECK_THAT(error_line([&] { sdmae::slide_folder(made.folder.path, {"tiny.svs"}, small_tiles); }),
             says("no slide in it has tiles; "));
}

TEST_CASE("a folder of slides names the one that cannot be cut") {
  const two_slides made;
  put_bytes(made.folder / "text.svs", "no slide");
  const auto line = [&](std::vector<std::string> names) {
    return error_line([&] { sdmae::slide_folder(made.folder.path, std::move(names), small_tiles); });
  };
  CHECK_THAT(line({made.names[0], "text.svs"}), says("text.svs: is no slide that OpenSlide knows"));
  CHECK_THAT(line({}), says("no slide in it has tiles"));
}

TEST_CASE("a slide is told from a picture by its content") {
  const temporary_folder folder;
  const sdmae::image8 large = sdmae::synthetic_tissue(1, 1, 150, 150).load(0).image,
                      half = sdmae::resized(large, 75, 75);
  write_slide(folder / "aperio.tif", {large}, aperio);
  write_slide(folder / "levels.tif", {large, half}, "");
  write_slide(folder / "tile.tif", {large}, "");
  put_bytes(folder / "text.tif", "no picture");
  CHECK(sdmae::is_whole_slide(folder / "aperio.tif"));
  CHECK(sdmae::is_whole_slide(folder / "levels.tif"));
  CHECK(!sdmae::is_whole_slide(folder / "tile.tif"));
  CHECK(!sdmae::is_whole_slide(folder / "text.tif"));
  CHECK(!sdmae::is_whole_slide(folder / "absent.tif"));
  // As pictures, too: that with several is none.
  CHECK(sdmae::load_image(folder / "tile.tif").image == large);
  CHECK_THAT(error_line([&] { sdmae::load_image(folder / "levels.tif"); }), says("holds several pictures"));
}

#endif
