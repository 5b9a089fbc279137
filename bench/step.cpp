// Times training steps, or feature extraction, of a preset and prints one line of JSON.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "allocations.hpp"
#include "fma_peak.hpp"
#include "noise_batch.hpp"
#include "sdmae/train/trainer.hpp"
#include "support/devices.hpp"
#include "support/memory.hpp"
#include "support/program.hpp"

namespace {

using sdmae::index;

struct options {
  std::string preset;
  program::device_options device;
  index batch = 32, steps = 5;
  std::optional<index> slice;
  int threads = 0;
  bool forward = false, memory = false;
};

void run(const options& asked) {
  using clock = std::chrono::steady_clock;
  const sdmae::registered_preset& preset = asked.device.find(asked.preset);
  sdmae::cpu::thread_team team(asked.threads);
  sdmae::trainer_options settings;
  settings.threads = team.size();
  const sdmae::index patches = preset.image.patches();
  const auto tokens = static_cast<double>(asked.forward ? patches : settings.mask.visible(patches));
  settings.slice = asked.device.slice(asked.slice, asked.batch, tokens);
  program::check_resident_memory(preset, asked.device.available_memory());
  const auto trainer = preset.make(settings);
  if (asked.memory) {
    std::cout << program::memory_table(trainer->plan(asked.batch, settings.slice));
    return;
  }
  program::check_step_memory(*trainer, asked.batch, settings.slice, asked.device.available_memory());
  bench::noise_batch images(asked.batch, preset.image);
  std::vector<float> features(static_cast<std::size_t>(asked.batch * trainer->feature_width()));
  double work = asked.forward ? 0 : trainer->work(asked.batch);
  const auto step = [&] {
    if (asked.forward)
      work = trainer->features(images, settings.slice, features.data());
    else
      trainer->step(images);
  };
  const bool on_cpu = asked.device.backend == "cpu";
  double peak = on_cpu ? bench::fma_peak(team) : 0;
  for (int warm = 0; warm < 2; ++warm) step();
  std::vector<double> seconds;
  seconds.reserve(static_cast<std::size_t>(asked.steps));
  const long before = bench::allocations;
  for (index i = 0; i < asked.steps; ++i) {
    const auto start = clock::now();
    step();
    seconds.push_back(std::chrono::duration<double>(clock::now() - start).count());
  }
  const double allocations = static_cast<double>(bench::allocations - before) / static_cast<double>(asked.steps);
  if (on_cpu) peak = std::max(peak, bench::fma_peak(team));
  std::sort(seconds.begin(), seconds.end());
  const double median = (seconds[(seconds.size() - 1) / 2] + seconds[seconds.size() / 2]) / 2;
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto rounded = [](double value, int digits) {
    const double unit = std::pow(10.0, digits);
    return std::round(value * unit) / unit;
  };
  nlohmann::ordered_json line{{"preset", asked.preset},
                              {"backend", asked.device.backend},
                              {"precision", asked.device.precision},
                              {"batch", asked.batch},
                              {"threads", team.size()},
                              {"slice", settings.slice},
                              {"forward", asked.forward},
                              {"median_s", rounded(median, 5)},
                              {"min_s", rounded(seconds.front(), 5)},
                              {"images_per_s", rounded(static_cast<double>(asked.batch) / median, 2)},
                              {"peak_rss_mib", used.ru_maxrss / 1024},
                              {"gflop", rounded(work * 1e-9, 2)},
                              {"gflop_per_s", rounded(work / seconds.front() * 1e-9, 1)},
                              {"allocations_per_step", allocations}};
  if (on_cpu) {  // what a GPU could do at most is not measured here: see roofline
    line["peak_gflop_per_s"] = rounded(peak * 1e-9, 1);
    line["percent_of_peak"] = rounded(100 * work / seconds.front() / peak, 1);
  }
  std::cout << line.dump() << std::endl;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times training steps of a preset on random images; prints one line of JSON.", "step");
  options asked;
  constexpr int most = 1'000'000;
  app.add_option("--preset", asked.preset, "architecture, by name: " SDMAE_COMPILED_PRESETS)->required();
  app.add_option("--batch", asked.batch, "images a step")->check(program::whole(1, most));
  app.add_option("--steps", asked.steps, "steps that are timed, after two that are not")
      ->check(program::whole(1, most));
  app.add_option("--slice", asked.slice, program::device_options::slice_help)->check(program::whole(1, most));
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  asked.device.declare(app);
  app.add_flag("--forward", asked.forward, "feature extraction instead: the encoder over whole images");
  app.add_flag("--memory", asked.memory, "print what a training step takes, piece by piece, and time nothing");
  return program::run(app, argc, argv, [&] { run(asked); });
}
