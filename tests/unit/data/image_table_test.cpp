// A table of files as a data set.
#include "sdmae/data/image_table.hpp"

#include "catch.hpp"
#include "sdmae/data/dataset.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

namespace {

static_assert(sdmae::dataset<sdmae::image_table>);

TEST_CASE("a table of files is a data set with labels and groups") {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "tiles");
  std::filesystem::copy(image_file("grey.png"), folder / "tiles/a.png");
  const std::string far = std::filesystem::absolute(image_file("color.png")).string();
  put_bytes(folder / "t.csv", "label,path,note\nb,tiles/a.png,\na," + far + ",x\n");
  const sdmae::image_table table(folder / "t.csv");
  REQUIRE(table.size() == 2);
  CHECK(table.labels() == std::vector<std::string>{"b", "a"});
  CHECK(table.groups().empty());
  CHECK(table.name(0) == "tiles/a.png");
  CHECK(table.load(0).image == sdmae::load_image(image_file("grey.png")).image);
  CHECK(table.load(1).image == sdmae::load_image(far).image);
  put_bytes(folder / "t.csv", "path,group\ntiles/a.png,7\n");
  CHECK(sdmae::image_table(folder / "t.csv").groups() == std::vector<std::string>{"7"});
  CHECK(sdmae::image_table(folder / "t.csv").fingerprint() != table.fingerprint());
  put_bytes(folder / "t.csv", "path\ntiles/a.png\ntiles/b.png\ntiles\n");
  CHECK_THAT(error_line([&] { sdmae::image_table absent(folder / "t.csv"); }),
             says("2 of its files are not there, the first is tiles/b.png"));
  put_bytes(folder / "t.csv", "file,label\ntiles/a.png,x\n");
  CHECK_THAT(error_line([&] { sdmae::image_table absent(folder / "t.csv"); }), says("has no column path"));
}

}  // namespace
