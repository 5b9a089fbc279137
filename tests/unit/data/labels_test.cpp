// Classes, groups and duplicates of samples; tables of text.
#include "sdmae/data/labels.hpp"

#include "catch.hpp"
#include "unit/data/test_images.hpp"
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
             says("test: has class \"c\", which the training set lacks"));
}

TEST_CASE("groups come from names or from a table") {
  const words names{"benign/0a_12.jpeg", "benign/0a_3.jpeg", "cancer/7_1.jpeg"};
  CHECK(sdmae::groups_by_rule(names, "^([^_]+)_") == words{"0a", "0a", "7"});
  CHECK(sdmae::groups_by_rule(names, "^[^_]+") == words{"0a", "0a", "7"});
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, "^0"); }), says("does not match 7_1.jpeg"));
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, "(["); }), says("is no regular expression"));
  const temporary_folder folder;
  const std::string table = (folder / "slides.csv").string();
  put_bytes(table, "group,path\nS1,benign/0a_12.jpeg\r\n\"S,2\",benign/0a_3.jpeg\nS3,cancer/7_1.jpeg\n");
  CHECK(sdmae::groups_by_rule(names, table) == words{"S1", "S,2", "S3"});
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule({"other.png"}, table); }), says("has no row for other.png"));
  put_bytes(table, "path,slide\na,b\n");
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, table); }), says("lacks column path or group"));
}

TEST_CASE("tables of text are read as RFC 4180 has them") {
  const temporary_folder folder;
  const auto rows = [&](const std::string& text) {
    put_bytes(folder / "t.csv", text);
    return sdmae::read_csv(folder / "t.csv").rows;
  };
  CHECK(rows("\xEF\xBB\xBFpath,label\n\"a \"\"b\"\"\nc\",\n,x") == std::vector<words>{{"a \"b\"\nc", ""}, {"", "x"}});
  CHECK(sdmae::read_csv(folder / "t.csv").column("path") == std::size_t{0});
  CHECK(!sdmae::read_csv(folder / "t.csv").column("group"));
  CHECK_THAT(error_line([&] { rows("a,b\n1,2\n3\n"); }), says("row 2 has 1 fields, the first line 2"));
  CHECK_THAT(error_line([&] { rows("a,b\n"); }), says("has no rows"));
  CHECK_THAT(error_line([&] { rows(""); }), says("has no rows"));
  CHECK_THAT(error_line([&] { rows("a,b\n1,\"2\n"); }), says("a quote is never closed"));
  CHECK_THAT(error_line([] { sdmae::read_csv("nowhere.csv"); }), says("nowhere.csv: cannot be read"));
  for (const std::string field : {"plain", "a,b", "say \"x\"", "two\nlines", ""})
    CHECK(rows("a,b\n" + sdmae::csv_field(field) + ",2\n")[0][0] == field);
}

TEST_CASE("pictures with the same pixels are duplicates, whatever they are called") {
  const sdmae::image8 one = pattern(4, 6), turned = pattern(6, 4);
  sdmae::image8 other = one;
  other.pixels[50] ^= 1;
  sdmae::image8 reshaped = one;
  std::swap(reshaped.height, reshaped.width);
  CHECK(sdmae::content_hash(one) == sdmae::content_hash(pattern(4, 6)));
  for (const sdmae::image8& different : {turned, other, reshaped})
    CHECK(sdmae::content_hash(one) != sdmae::content_hash(different));
  using pairs = std::vector<std::pair<index, index>>;
  CHECK(sdmae::duplicates({5, 7, 5}, {9, 5, 7, 5}) == pairs{{0, 1}, {1, 2}, {0, 3}});
  CHECK(sdmae::duplicates({1}, {2}).empty());
}

}  // namespace
