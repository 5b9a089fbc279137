// Classes of samples, and their numbers.
#include "sdmae/data/labels.hpp"

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

using sdmae::index;
using words = std::vector<std::string>;

TEST_CASE("classes are the first folders of a path") {
  CHECK(sdmae::class_folders({"a/1.png", "b/c/2.png"}, "tiles") == words{"a", "b"});
  CHECK_THAT(error_line([] {
               sdmae::class_folders({"a/1.png", "2.png"}, "tiles");
             }),
             says("tiles: 2.png lies in no class folder"));
  CHECK(sdmae::sorted_words({"b", "a", "10", "9", "a", "B"}) == words{"9", "10", "B", "a", "b"});
  CHECK(sdmae::numbered({"b", "a", "b"}, {"a", "b"}, "test") == std::vector<index>{1, 0, 1});
  CHECK_THAT(error_line([] {
               sdmae::numbered({"c"}, {"a", "b"}, "test");
             }),
             says("test: has class \"c\", which was not learned"));
}

}  // namespace
