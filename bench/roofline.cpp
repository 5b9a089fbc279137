// What a training step costs on a GPU by the numbers of its data sheet: operation by operation, floating-point
// operations and bytes, the least time that they can take, and the time expected at given efficiencies. Computes
// nothing and needs no GPU.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "counted_backend.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/train/preset_trainer.hpp"
#include "support/known_presets.hpp"
#include "support/presets.hpp"
#include "support/program.hpp"
#if defined(PROGRAM_DRAWS)
#include "sdmae/io/bar_chart.hpp"
#endif

namespace {

using sdmae::index;

struct options {
  std::string preset = "pretrain_mae_small_patch16_224", precision = "bf16", picture;
  index batch = 1024, slice = 64;
  // NVIDIA H200, dense.
  double memory = 4.8, fp32 = 67, tf32 = 494, bf16 = 989;  // TB/s, TFLOP/s
  double of_memory = 0.8, of_products = 0.6, of_kernels = 0.25, launch = 3;
};

struct line {
  std::string name;
  std::size_t calls = 0;
  double work = 0, bytes = 0, bound = 0, expected = 0;
};

/// Images that nobody looks at.
class blank_batch final : public sdmae::byte_batch {
 public:
  explicit blank_batch(index count) : count_(count) {}
  index size() const override { return count_; }
  index epoch() const override { return 0; }
  index sample(index i) const override { return i; }
  void next(index, std::uint8_t*) override {}

 private:
  index count_;
};

template <class Preset>
bench::operation_calls count(const options& asked) {
  sdmae::trainer_options settings;
  settings.slice = std::min(asked.batch, asked.slice);
  bench::counted_backend counting;
  bench::operation_calls& calls = counting.calls();
  sdmae::preset_trainer<Preset, bench::counted_backend> trainer(std::move(counting), settings);
  blank_batch images(asked.batch);
  calls.clear();
  trainer.step(images);
  return calls;
}

template <class... Presets>
bench::operation_calls count(const options& asked, sdmae::presets::preset_list<Presets...>) {
  bench::operation_calls calls;
  const bool known = ((asked.preset == Presets::name && (calls = count<Presets>(asked), true)) || ...);
  if (!known) throw program::no_such_preset(asked.preset);
  return calls;
}

/// An operation is bound by arithmetic or by memory, call by call; expected, each at its efficiency, and every call
/// costs a launch.
std::vector<line> lines_of(const bench::operation_calls& calls, const options& asked) {
  const double peak = 1e12 * (asked.precision == "bf16"   ? asked.bf16
                              : asked.precision == "tf32" ? asked.tf32
                                                          : asked.fp32);
  std::vector<line> lines;
  for (const auto& [name, of_name] : calls) {
    line l{name, of_name.size()};
    for (const bench::operation_call& call : of_name) {
      const double rate = call.by_cublas ? peak : 1e12 * asked.fp32;
      const double arithmetic = call.work / rate, memory = call.bytes / (1e12 * asked.memory);
      l.work += call.work;
      l.bytes += call.bytes;
      l.bound += std::max(arithmetic, memory);
      l.expected +=
          std::max(arithmetic / (call.by_cublas ? asked.of_products : asked.of_kernels), memory / asked.of_memory) +
          1e-6 * asked.launch;
    }
    lines.push_back(std::move(l));
  }
  std::sort(lines.begin(), lines.end(), [](const line& a, const line& b) { return a.expected > b.expected; });
  return lines;
}

void draw([[maybe_unused]] const options& asked, [[maybe_unused]] const std::string& title,
          [[maybe_unused]] const std::vector<line>& lines) {
#if defined(PROGRAM_DRAWS)
  sdmae::bar_chart chart{
      .title = title, .dark = "bound: arithmetic or memory", .light = "expected above it", .bars = {}};
  for (const line& each : lines) {
    char note[64];
    std::snprintf(note, sizeof note, "%.1f ms", 1e3 * each.expected);
    chart.bars.push_back({each.name, each.expected, each.bound, note});
  }
  sdmae::draw_bars(chart, asked.picture);
#else
  throw sdmae::error("--picture", "this program was built without cairo", "install libcairo2-dev and build again");
#endif
}

void run(const options& asked) {
  const std::vector<line> lines = lines_of(count(asked, program::known_presets{}), asked);
  line all{"all"};
  std::printf("%-24s %8s %10s %10s %10s %12s\n", "operation", "calls", "GFLOP", "MB", "bound ms", "expected ms");
  const auto print = [](const line& l) {
    std::printf("%-24s %8zu %10.1f %10.0f %10.2f %12.2f\n", l.name.c_str(), l.calls, 1e-9 * l.work, 1e-6 * l.bytes,
                1e3 * l.bound, 1e3 * l.expected);
  };
  for (const line& l : lines) {
    print(l);
    all.calls += l.calls;
    all.work += l.work;
    all.bytes += l.bytes;
    all.bound += l.bound;
    all.expected += l.expected;
  }
  print(all);
  char title[240];
  std::snprintf(title, sizeof title, "%s, batch %td, slice %td, %s: %.0f ms a step expected, %.0f images/s",
                asked.preset.c_str(), asked.batch, asked.slice, asked.precision.c_str(), 1e3 * all.expected,
                double(asked.batch) / all.expected);
  std::printf("%s\n", title);
  if (!asked.picture.empty()) draw(asked, title, lines);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Tells what a training step costs on a GPU by the numbers of its data sheet.", "roofline");
  options asked;
  constexpr int most = 1'000'000;
  app.add_option("--preset", asked.preset, "architecture (" + asked.preset + "): " SDMAE_KNOWN_PRESETS);
  app.add_option("--precision", asked.precision, "fp32, tf32 or bf16 (the default)")
      ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
  app.add_option("--batch", asked.batch, "images a step (1024)")->check(program::whole(1, most));
  app.add_option("--slice", asked.slice, "images that pass through the model together (64)")
      ->check(program::whole(1, most));
  app.add_option("--memory", asked.memory, "TB/s of memory (4.8: H200)")->check(program::within(0.001, 1000));
  app.add_option("--fp32", asked.fp32, "TFLOP/s in fp32 (67)")->check(program::within(0.001, 1e6));
  app.add_option("--tf32", asked.tf32, "TFLOP/s in tf32 (494)")->check(program::within(0.001, 1e6));
  app.add_option("--bf16", asked.bf16, "TFLOP/s in bf16 (989)")->check(program::within(0.001, 1e6));
  app.add_option("--of-memory", asked.of_memory, "share of it that kernels reach (0.8)")
      ->check(program::within(0.001, 1));
  app.add_option("--of-products", asked.of_products, "share that cuBLASLt reaches (0.6)")
      ->check(program::within(0.001, 1));
  app.add_option("--of-kernels", asked.of_kernels, "share of fp32 that attention reaches (0.25)")
      ->check(program::within(0.001, 1));
  app.add_option("--launch", asked.launch, "microseconds a call costs beside (3)")->check(program::within(0, 1000));
  app.add_option("--picture", asked.picture, "draw it as a PNG file")->check(program::not_empty());
  return program::run(app, argc, argv, [&] { run(asked); });
}
