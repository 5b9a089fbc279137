// Tables of text.
#include "sdmae/data/csv.hpp"

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

using words = std::vector<std::string>;

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
  CHECK_THAT(error_line([&] { rows("a,b,a\n1,2,3\n"); }), says("has two columns a; give each"));
  CHECK(rows("a,,\n1,,\n") == std::vector<words>{{"1", "", ""}});
  CHECK_THAT(error_line([&] {
               sdmae::read_csv(folder / "t.csv", {"a", "c"}, "add it");
             }),
             says("has no column c; add it"));
  CHECK_THAT(error_line([] { sdmae::read_csv("nowhere.csv"); }), says("nowhere.csv: cannot be read"));
  for (const std::string field : {"plain", "a,b", "say \"x\"", "two\nlines", ""})
    CHECK(rows("a,b\n" + sdmae::csv_field(field) + ",2\n")[0][0] == field);
}

}  // namespace
