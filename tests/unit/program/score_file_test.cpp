// Tables of scores: what is written reads back as the same, and what is refused.
#include "support/score_file.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "unit/io/test_files.hpp"

namespace {

program::score_table some_scores() {
  return {{"benign", "Gleason 3, \"mixed\""},
          {"a.png", "folder, one/b.png", "c\nd.png"},
          {"benign", "Gleason 3, \"mixed\"", "benign"},
          {"slide 1", "slide,2", "slide 1"},
          {0.1, 0.9, 1.0 / 3, 2.0 / 3, 1, 5e-324}};
}

// The line that reading this text ends with.
std::string refused(const std::string& text) {
  const temporary_folder folder;
  put_bytes(folder / "scores.csv", text);
  return error_line([&] { program::read_scores((folder / "scores.csv").string()); });
}

}  // namespace

TEST_CASE("scores: what is written reads back as the same, names and numbers") {
  const temporary_folder folder;
  const std::string file = (folder / "scores.csv").string();
  const program::score_table written = some_scores();
  put_bytes(file, written.text());
  const program::score_table read = program::read_scores(file);
  CHECK(read.classes == written.classes);
  CHECK(read.paths == written.paths);
  CHECK(read.labels == written.labels);
  CHECK(read.groups == written.groups);
  CHECK(read.scores == written.scores);
}

TEST_CASE("scores: without slides the column is there, and empty") {
  program::score_table table = some_scores();
  table.groups.clear();
  CHECK_THAT(table.text(), says("path,label,group,benign,\"Gleason 3, \"\"mixed\"\"\"\na.png,benign,,0.1,0.9\n"));
  const temporary_folder folder;
  put_bytes(folder / "scores.csv", table.text());
  CHECK(program::read_scores((folder / "scores.csv").string()).groups.empty());
}

TEST_CASE("scores: what is no table of probabilities is refused") {
  const std::string head = "path,label,group,no,yes\n", good = "a,no,,0.7,0.3\nb,yes,,0.2,0.8\n";
  CHECK(refused(head + good).empty());
  CHECK_THAT(error_line([] { program::read_scores("nowhere.csv"); }), says("nowhere.csv: cannot be read"));
  CHECK_THAT(refused(""), says("has no rows"));
  CHECK_THAT(refused("\x89PNG\r\n\x1a\nno table\n"), says("has no column path"));
  CHECK_THAT(refused("{\n  \"first\": [1, 2]\n}\n"), says("has no column path"));
  CHECK_THAT(refused("path,label,no,yes\na,no,0.7,0.3\n"), says("has no column group"));
  CHECK_THAT(refused("path,group,label,no,yes\na,s,no,0.7,0.3\n"),
             says("does not begin with the columns path,label,group"));
  CHECK_THAT(refused(head + "a,no,,0.7\n"), says("row 1 has 4 fields"));
  CHECK_THAT(refused("path,label,group\na,no,s\n"), says("has 0 different columns after path,label,group"));
  CHECK_THAT(refused("path,label,group,no\na,no,s,1\n"), says("has 1 different columns"));
  CHECK_THAT(refused("path,label,group,no,no\na,no,s,1,0\n"), says("has two columns no; give each column a name"));
  for (const std::string wrong : {"", "high", "0.5x", "nan", "inf", "-0.1", "1.5"})
    CHECK_THAT(refused(head + good + "c,no,," + wrong + ",0.3\n"),
               says("row 3 has \"" + wrong + "\" for class \"no\"; give probabilities"));
  CHECK_THAT(refused(head + good + "c,maybe,,0.5,0.5\n"),
             says("row 3 has label \"maybe\", and there is no such column"));
  CHECK_THAT(refused(head + "a,no,,0.7,0.3\nb,no,,0.2,0.8\n"), says("has no image of class \"yes\""));
}
