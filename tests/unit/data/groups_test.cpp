// Groups of samples, by their names or by a table.
#include "sdmae/data/groups.hpp"

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

using words = std::vector<std::string>;

TEST_CASE("groups come from names or from a table") {
  const words names{"benign/0a_12.jpeg", "benign/0a_3.jpeg", "cancer/7_1.jpeg"};
  CHECK(sdmae::groups_by_rule(names, "^([^_]+)_") == words{"0a", "0a", "7"});
  CHECK(sdmae::groups_by_rule(names, "^[^_]+") == words{"0a", "0a", "7"});
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, "^0"); }), says("does not match 7_1.jpeg"));
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, "x*"); }), says("finds nothing in 0a_12.jpeg"));
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, "(["); }), says("is no regular expression"));
  CHECK(sdmae::groups_by_rule({"a/s1/1.png", "b/s2/1.png"}, "/([^/]+)/") == words{"s1", "s2"});
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, "/(0[^/]*)$"); }), says("does not match cancer/7_1.jpeg"));
  const temporary_folder folder;
  const std::string table = (folder / "slides.csv").string();
  put_bytes(table, "group,path\nS1,benign/0a_12.jpeg\r\n\"S,2\",benign/0a_3.jpeg\nS3,cancer/7_1.jpeg\n");
  CHECK(sdmae::groups_by_rule(names, table) == words{"S1", "S,2", "S3"});
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule({"other.png"}, table); }), says("has no row for other.png"));
  put_bytes(table, "path,group\na,1\nb,2\na,1\n");
  CHECK(sdmae::groups_by_rule({"a"}, table) == words{"1"});
  put_bytes(table, "path,group\na,1\nb,2\na,3\n");
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule({"a"}, table); }), says("has two groups for a, 1 and 3"));
  put_bytes(table, "path,slide\na,b\n");
  CHECK_THAT(error_line([&] { sdmae::groups_by_rule(names, table); }), says("has no column group"));
}

}  // namespace
