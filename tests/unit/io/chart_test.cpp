#include "sdmae/io/chart.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "unit/io/picture_file.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

const double gap = std::nan("");

chart one_panel(chart_series series) {
  chart what;
  what.x_label = "step";
  what.panels.push_back({"loss", {std::move(series)}, {}});
  return what;
}

}  // namespace

TEST_CASE("chart: ticks stand at multiples of 1, 2 or 5") {
  const detail::axis steps = detail::make_axis(1, 1200, 8);
  CHECK(steps.step == Approx(100));
  CHECK(detail::ticks(steps).front() == Approx(100));
  CHECK(detail::ticks(steps).back() == Approx(1200));
  const detail::axis rates = detail::make_axis(1e-6, 6e-4, 5);
  CHECK(rates.step == Approx(1e-4));
  CHECK(detail::ticks(detail::make_axis(0, 1, 5)).size() == 6);
}

TEST_CASE("chart: an axis of one value, or of none, still has a length") {
  for (const double only : {0.0, 3.0, -2e-7}) {
    const detail::axis axis = detail::make_axis(only, only, 5);
    CHECK(axis.low < only);
    CHECK(axis.high > only);
    CHECK(detail::ticks(axis).size() >= 2);
  }
  const detail::axis none = detail::make_axis(1, -1, 5);
  CHECK(none.low < none.high);
}

TEST_CASE("chart: ticks are written with the digits that their step needs") {
  CHECK(detail::tick_label(0.9, 0.1) == "0.9");
  CHECK(detail::tick_label(0.95, 0.05) == "0.95");
  CHECK(detail::tick_label(12000, 2000) == "12,000");
  CHECK(detail::tick_label(-12000, 2000) == "-12,000");
  CHECK(detail::tick_label(100, 100) == "100");
  CHECK(detail::tick_label(1e-17, 0.1) == "0");
  CHECK(detail::tick_label(1.5e-6, 5e-7) == "1.5e-06");
}

TEST_CASE("chart: smoothing keeps a straight line, also at its ends, and keeps gaps") {
  std::vector<double> line, noisy;
  for (int i = 0; i < 50; ++i) line.push_back(3 - 0.5 * i);
  noisy = line;
  for (int i = 0; i < 50; i += 2) noisy[i] += 1;
  line[20] = gap;
  const std::vector<double> smoothed = detail::smooth(line, 7);
  for (int i = 0; i < 50; ++i)
    if (i != 20) CHECK(smoothed[i] == Approx(line[i]).margin(1e-12));
  CHECK(std::isnan(smoothed[20]));
  CHECK(detail::smooth(noisy, 10)[25] == Approx(3 - 0.5 * 25 + 0.5).margin(0.05));
}

TEST_CASE("chart: a curve is drawn in its color, and a gap stays white") {
  const temporary_folder here;
  const auto colored = [&](std::vector<double> y) {
    write_chart(one_panel({"loss", {0, 1, 2, 3, 4, 5, 6}, std::move(y)}), here / "chart.png");
    const read_picture seen = read_png(here / "chart.png");
    CHECK(seen.width == 1520);
    int count = 0;
    for (int r = seen.height / 4; r < seen.height; ++r)  // below the legend
      for (int c = 0; c < seen.width; ++c) count += seen.at(r, c) == std::array<int, 3>{0, 115, 179};
    return count;
  };
  const int whole = colored({1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4});
  const int with_gap = colored({1, 0.9, 0.8, gap, 0.6, 0.5, 0.4});
  CHECK(whole > 1000);
  CHECK(with_gap > whole / 2);
  CHECK(with_gap < whole * 3 / 4);
  CHECK(colored({gap, gap, gap, gap, gap, gap, gap}) == 0);
}

TEST_CASE("chart: what cannot be drawn or written is refused, and an older file stays") {
  const temporary_folder here;
  put_bytes(here / "old.png", "old");
  CHECK_THAT(error_line([&] {
               write_chart(one_panel({"loss", {1, 2}, {1}}), here / "old.png");
             }),
             says("series loss has 2 x and 1 y"));
  CHECK(bytes_of(here / "old.png") == "old");
  CHECK_THROWS_AS(write_chart(one_panel({"loss", {1}, {1}}), here / "missing" / "chart.png"), error);
}
