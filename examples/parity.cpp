// Replays a golden case (a few training steps that PyTorch has computed in float64) and compares every number.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "sdmae/io/safetensors_write.hpp"
#include "support/golden.hpp"
#include "support/program.hpp"
#include "support/replay.hpp"

namespace {

struct parity_options {
  std::string folder, scalar = "double", backend = "cpu", out;
  int threads = 0;
  std::uint64_t seed = 0;

  void declare(CLI::App& app) {
    app.add_option("CASE_DIR", folder, "folder of the golden case")->required();
    app.add_option("--scalar", scalar, "float or double")->check(CLI::IsMember({"float", "double"}));
    app.add_option("--backend", backend, "cpu, cuda or reference")->check(CLI::IsMember({"cpu", "cuda", "reference"}));
    app.add_option("--out", out, "write what was computed to this safetensors file");
    app.add_option("--threads", threads, "default: all cores")->check(program::within(1, 1024));
    app.add_option("--seed", seed, "accepted and without effect: a golden case draws nothing");
  }
};

const program::replayable& find_configuration(const program::golden_case& c) {
  for (const program::replayable& candidate : program::replayables())
    if (candidate.architecture == c.architecture) return candidate;
  throw sdmae::error(c.name, "its configuration (kind " + c.architecture.kind + ") is not in this program",
                     "the small cases and the released presets that SDMAE_PRESETS names can be replayed");
}

/// In double 1e-10, and 1e-8 for what several steps have gone into; in float three times PyTorch's own float32 error,
/// or 2e-6 where that is larger.
double tolerance(const program::golden_case& c, const std::string& group, const std::string& scalar) {
  if (scalar == "double") return group == "after" || group == "center" ? 1e-8 : 1e-10;
  const auto& yardstick = c.settings.at("torch_float32_error");
  const double theirs = yardstick.contains(group) ? yardstick.at(group).get<double>() : 0;
  return std::max(3 * theirs, 2e-6);
}

template <class T>
void write_results(const std::string& path, const program::golden_tensors& got) {
  std::vector<std::vector<T>> held;
  std::vector<sdmae::tensor_to_write> tensors;
  for (const auto& [name, tensor] : got) {
    held.emplace_back(tensor.values.begin(), tensor.values.end());
    tensors.push_back(sdmae::tensor_from<T>(name, tensor.shape, held.back().data()));
  }
  sdmae::write_safetensors(path, std::move(tensors));
}

void replay(const parity_options& options) {
  const program::golden_case c = program::read_golden_case(options.folder);
  const program::golden_tensors got = find_configuration(c).run(c, options.backend, options.scalar, options.threads);
  if (!options.out.empty())
    options.scalar == "float" ? write_results<float>(options.out, got) : write_results<double>(options.out, got);
  const auto errors = program::golden_errors(got, program::read_tensors(c.folder / "expected.safetensors"),
                                             program::read_tensors(c.folder / "init.safetensors"), c.stride);
  std::string over;
  std::printf("%s, %s, %s backend\n", c.name.c_str(), options.scalar.c_str(), options.backend.c_str());
  for (const auto& [group, error] : errors) {
    const double allowed = tolerance(c, group, options.scalar);
    std::printf("  %-16s %9.2e  (allowed %.2e)%s\n", group.c_str(), error, allowed, error <= allowed ? "" : "  OVER");
    if (!(error <= allowed)) over += (over.empty() ? "" : ", ") + group;
  }
  if (!over.empty()) throw sdmae::error(c.name, "over its tolerance: " + over, "compare the tensors of --out FILE");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Replays a golden case and compares every number with PyTorch's.", "parity");
  parity_options options;
  options.declare(app);
  return program::run(app, argc, argv, [&] { replay(options); });
}
