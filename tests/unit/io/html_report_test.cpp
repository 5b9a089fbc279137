// Reports: text is shown and not obeyed, pictures lie in the file, nothing outside is asked for.
#include "sdmae/io/html_report.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "catch.hpp"
#include "sdmae/io/kind_color.hpp"
#include "sdmae/io/svg_scatter.hpp"

using namespace sdmae;

TEST_CASE("base64 is that of RFC 4648") {
  const char* const known[][2] = {{"", ""},
                                  {"f", "Zg=="},
                                  {"fo", "Zm8="},
                                  {"foo", "Zm9v"},
                                  {"foob", "Zm9vYg=="},
                                  {"fooba", "Zm9vYmE="},
                                  {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : known) CHECK(base64(bytes) == text);
  CHECK(base64(std::string("\xff\x00\x80", 3)) == "/wCA");
}

TEST_CASE("text stays text, whatever bytes it has") {
  CHECK(html_text("a < b & \"c\" > d") == "a &lt; b &amp; &quot;c&quot; &gt; d");
  CHECK(html_text("µm, 组织 🔬") == "µm, 组织 🔬");
  CHECK(html_text("\xff\x41\xc3") ==
        "\xef\xbf\xbd"
        "A"
        "\xef\xbf\xbd");
  CHECK(html_text(std::string("a\0\x1b[0m", 6)) == "a  [0m");
}

TEST_CASE("a report is one file that asks for nothing") {
  const auto folder = std::filesystem::temp_directory_path() / "sdmae_html_report_test";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "dot.png", std::ios::binary) << "\x89PNG not really";
  html_report report("Run <1>");
  report.heading("Figures");
  report.table({"figure", "value"}, {{"accuracy", "0.9"}, {"<script>", "1"}});
  report.picture_file(folder / "dot.png", "a dot");
  report.begin_gallery();
  report.picture("\x89PNG neither", "in a <gallery>");
  report.end_gallery();
  report.markup(
      svg_scatter({"a map", "x", "y", {"benign", "tumour"}, {{0, 0, 0, "one"}, {2, 1, 1, "two"}, {NAN, 0, 1, ""}}}));
  report.write(folder / "report.html");
  std::ifstream file(folder / "report.html");
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  CHECK_THAT(text, Catch::StartsWith("<!DOCTYPE html>"));
  CHECK_THAT(text, Catch::Contains("<h1>Run &lt;1&gt;</h1>"));
  CHECK_THAT(text, Catch::Contains("<th scope=\"row\">accuracy</th><td>0.9</td>"));
  CHECK_THAT(text, Catch::Contains("data:image/png;base64," + base64("\x89PNG not really")));
  CHECK_THAT(text, Catch::Contains("<title>two</title>"));
  CHECK_THAT(text, Catch::Contains("<figcaption>in a &lt;gallery&gt;</figcaption>"));
  CHECK_THAT(text, Catch::Contains("<table>\n<thead>"));
  CHECK(text.find("<script") == std::string::npos);
  CHECK(text.find("http") == std::string::npos);
  CHECK(text.find("nan") == std::string::npos);
  CHECK_THROWS_AS(report.picture_file(folder / "absent.png", ""), error);
  CHECK_THROWS_AS(report.write(folder / "absent" / "report.html"), error);
  std::filesystem::remove_all(folder);
}

TEST_CASE("a map keeps one scale for both axes, and points in the middle of their frame") {
  // 464 pixels for 2 across, 232 for 1 up: (0, 0) is 8 + 36 from the left, (2, 1) as far from the top.
  const std::string map = svg_scatter({"", "", "", {"a"}, {{0, 0, 0, ""}, {2, 1, 0, ""}}});
  CHECK_THAT(map, Catch::Contains("cx=\"44.0\" cy=\"276.0\""));
  CHECK_THAT(map, Catch::Contains("cx=\"508.0\" cy=\"44.0\""));
  CHECK_THAT(map, Catch::Contains("width=\"480\" height=\"248\" fill=\"#fff\""));
  for (const scatter& odd : {scatter{"", "", "", {"a"}, {{3, 4, 0, ""}}}, scatter{"", "", "", {}, {}}}) {
    CHECK(svg_scatter(odd).find("nan") == std::string::npos);
    CHECK(svg_scatter(odd).find("inf") == std::string::npos);
  }
}

TEST_CASE("kinds have colors of their own, ten of them") {
  CHECK(color_text(kind_color(0)) == "#0072B2");
  for (int one = 0; one < 10; ++one)
    for (int other = 0; other < one; ++other) CHECK(kind_color(one) != kind_color(other));
  CHECK(kind_color(10) == kind_color(0));
}
