// Where the time of a training step goes: every operation of the backend against the least time that it could take,
// which is the processor's multiply-adds for a product and the memory's bandwidth for what only reads and writes.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "fma_peak.hpp"
#include "noise_batch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/train/preset_trainer.hpp"
#include "support/known_presets.hpp"
#include "support/program.hpp"
#include "timed_backend.hpp"
#if defined(PROGRAM_DRAWS)
#include "sdmae/io/bar_chart.hpp"
#endif

namespace {

using sdmae::index;
using clock_type = std::chrono::steady_clock;

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

/// Bytes a second that all threads together read and write in memory: a[i] += b[i] over more than any cache holds.
double memory_rate(sdmae::cpu::thread_team& team) {
  constexpr index count = index{1} << 25;
  std::vector<float> a(count), b(count, 1.0f);
  double best = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto start = clock_type::now();
    team.split(count, 64, [&](index begin, index end, int) {
      for (index i = begin; i < end; ++i) a[static_cast<std::size_t>(i)] += b[static_cast<std::size_t>(i)];
    });
    best = std::max(best, 3.0 * count * sizeof(float) / seconds_since(start));
  }
  return best;
}

struct options {
  index batch = 32, steps = 3, slice = 0;
  int threads = 0;
  std::string picture;
};

struct line {
  std::string name;
  long calls = 0;
  double seconds = 0, floor = 0;  // of one step
};

/// Operations by the time they take, the longest first; last, what lies between them.
std::vector<line> sorted_lines(const bench::operation_times& times, index steps, double step, double peak,
                               double bandwidth) {
  std::vector<line> lines;
  const double n = static_cast<double>(steps);
  double inside = 0;
  for (const auto& [name, its] : times) {
    lines.push_back({name, its.calls / steps, its.seconds / n, (its.work / peak + its.bytes / bandwidth) / n});
    inside += its.seconds / n;
  }
  std::sort(lines.begin(), lines.end(), [](const line& a, const line& b) { return a.seconds > b.seconds; });
  lines.push_back({"between operations", 0, step - inside, 0});
  return lines;
}

void draw([[maybe_unused]] const options& asked, [[maybe_unused]] const std::string& title,
          [[maybe_unused]] const std::vector<line>& lines) {
#if defined(PROGRAM_DRAWS)
  sdmae::bar_chart chart{.title = title, .dark = "floor: multiply-adds, or memory", .light = "above it", .bars = {}};
  for (const line& each : lines) {
    char note[64];
    std::snprintf(note, sizeof note, "%.0f ms", 1e3 * each.seconds);
    chart.bars.push_back({each.name, std::max(0.0, each.seconds), each.floor, note});
  }
  sdmae::draw_bars(chart, asked.picture);
#else
  throw sdmae::error("--picture", "this program was built without cairo", "install libcairo2-dev and build again");
#endif
}

void run(const options& asked) {
  using preset = sdmae::presets::SDMAE_PRESET;
  using backend = bench::timed_backend<sdmae::eigen_backend<float>>;
  sdmae::cpu::thread_team team(asked.threads);
  sdmae::trainer_options settings;
  const auto visible = static_cast<double>(settings.mask.visible(preset::architecture::N));
  settings.slice = std::min(asked.batch, asked.slice > 0 ? asked.slice : sdmae::default_slice(visible));
  backend timed({.threads = team.size()});
  bench::operation_times& times = timed.times();
  sdmae::preset_trainer<preset, backend> trainer(std::move(timed), settings);
  bench::noise_batch images(asked.batch, preset::architecture::image);

  const double bandwidth = memory_rate(team);
  double peak = bench::fma_peak(team);
  for (int warm = 0; warm < 2; ++warm) trainer.step(images);
  times.clear();
  const auto start = clock_type::now();
  for (index i = 0; i < asked.steps; ++i) trainer.step(images);
  const double step = seconds_since(start) / static_cast<double>(asked.steps);
  peak = std::max(peak, bench::fma_peak(team));

  const std::vector<line> lines = sorted_lines(times, asked.steps, step, peak, bandwidth);
  std::printf("%s, batch %td, slice %td, %d threads: %.3f s a step; peak %.0f GFLOP/s, memory %.0f GB/s\n",
              preset::name, asked.batch, settings.slice, team.size(), step, 1e-9 * peak, 1e-9 * bandwidth);
  std::printf("%-24s %8s %10s %8s %10s %8s\n", "operation", "calls", "ms", "share", "floor ms", "of time");
  for (const line& each : lines)
    std::printf("%-24s %8ld %10.1f %6.1f %% %10.1f %6.0f %%\n", each.name.c_str(), each.calls, 1e3 * each.seconds,
                100 * each.seconds / step, 1e3 * each.floor, each.seconds > 0 ? 100 * each.floor / each.seconds : 0);
  if (!asked.picture.empty()) {
    char title[160];
    std::snprintf(title, sizeof title, "%s, batch %td, %d threads: %.2f s a step", preset::name, asked.batch,
                  team.size(), step);
    draw(asked, title, lines);
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Tells where the time of a training step goes, operation by operation, against their floors.",
               "profile");
  options asked;
  constexpr int most = 1'000'000;
  app.add_option("--batch", asked.batch, "images a step (32)")->check(program::whole(1, most));
  app.add_option("--steps", asked.steps, "steps that are timed, after two that are not (3)")
      ->check(program::whole(1, most));
  app.add_option("--slice", asked.slice, "images that pass through the model together")->check(program::whole(1, most));
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  app.add_option("--picture", asked.picture, "draw it as a PNG file")->check(program::not_empty());
  return program::run(app, argc, argv, [&] { run(asked); });
}
