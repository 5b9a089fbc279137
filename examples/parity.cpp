// Replays a golden case (a few training steps that PyTorch has computed in float64) and compares every number.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "sdmae/io/safetensors_write.hpp"
#include "support/golden.hpp"
#include "support/program.hpp"
#include "support/replay.hpp"

namespace {

struct parity_options {
  program::replay_device device;
  std::string folder, out;
  std::uint64_t seed = 0;

  void declare(CLI::App& app) {
    app.add_option("CASE_DIR", folder, "folder of the golden case")->required();
    app.add_option("--scalar", device.scalar, "float or double")->check(CLI::IsMember({"float", "double"}));
    app.add_option("--backend", device.backend, "cpu, cuda or reference")
        ->check(CLI::IsMember({"cpu", "cuda", "reference"}));
    app.add_option("--precision", device.precision,
                   "of the factors of products, with --backend cuda --scalar float: fp32, tf32 or bf16")
        ->check(CLI::IsMember({"fp32", "tf32", "bf16"}));
    app.add_option("--out", out, "write what was computed to this safetensors file");
    app.add_option("--threads", device.threads, "default: all cores")->check(program::within(1, 1024));
    app.add_option("--seed", seed, "accepted and without effect: a golden case draws nothing");
  }
  void check() const {
    if (device.precision != "fp32" && (device.backend != "cuda" || device.scalar != "float"))
      throw CLI::ValidationError("--precision " + device.precision + " needs --backend cuda --scalar float");
  }
};

const program::replayable& find_configuration(const program::golden_case& c, const std::string& backend) {
  bool elsewhere = false;
  for (const program::replayable& candidate : program::replayables()) {
    if (candidate.architecture != c.architecture) continue;
    if (candidate.backend == backend) return candidate;
    elsewhere = true;
  }
  if (elsewhere && backend == "reference")
    throw sdmae::error(c.name, "is too large for the reference backend", "use --backend cpu");
  if (elsewhere)
    throw sdmae::error("--backend " + backend, "this program was built without it",
                       "build it with cmake --preset cuda");
  throw sdmae::error(c.name, "its configuration (kind " + c.architecture.kind + ") is not in this program",
                     "the small cases and the released presets that SDMAE_PRESETS names can be replayed");
}

/// PyTorch's own errors on a case by group, in the precision of the replay: float32, or mixed with bfloat16 from
/// bfloat16.json. Empty for double, which is judged by fixed bounds.
std::map<std::string, double> errors_of_torch(const program::golden_case& c, const program::replay_device& device) {
  using errors = std::map<std::string, double>;
  if (device.scalar == "double") return {};
  if (device.precision == "fp32") return c.settings.at("torch_float32_error").get<errors>();
  const auto path = c.folder / "bfloat16.json";
  std::ifstream file(path);
  const auto read = nlohmann::json::parse(file, nullptr, false);
  if (!read.contains("torch_bfloat16_error"))
    throw sdmae::error(path.string(), "has no errors of PyTorch's bfloat16 to compare with",
                       "make it with tests/parity/python/golden_bfloat16.py");
  return read.at("torch_bfloat16_error").get<errors>();
}

/// In double 1e-10, and 1e-8 for what several steps have gone into; in float three times PyTorch's own float32 error,
/// or 2e-6 where that is larger. With bf16 twice PyTorch's own error in mixed precision, a single draw too; with
/// tf32, which has three bits more, once: what AdamW makes of rounded gradients does not shrink with them.
double tolerance(const program::replay_device& device, const std::string& group,
                 const std::map<std::string, double>& theirs) {
  if (device.scalar == "double") return group == "after" || group == "center" ? 1e-8 : 1e-10;
  const auto found = theirs.find(group);
  const double error = found == theirs.end() ? 0 : found->second;
  if (device.precision == "fp32") return std::max(3 * error, 2e-6);
  return device.precision == "bf16" ? 2 * error : error;
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
  const program::golden_tensors got = find_configuration(c, options.device.backend).run(c, options.device);
  if (!options.out.empty())
    options.device.scalar == "float" ? write_results<float>(options.out, got) : write_results<double>(options.out, got);
  const auto errors = program::golden_errors(got, program::read_tensors(c.folder / "expected.safetensors"),
                                             program::read_tensors(c.folder / "init.safetensors"), c.stride);
  const auto theirs = errors_of_torch(c, options.device);
  std::string over;
  std::printf("%s, %s, %s backend, %s\n", c.name.c_str(), options.device.scalar.c_str(), options.device.backend.c_str(),
              options.device.precision.c_str());
  for (const auto& [group, error] : errors) {
    const double allowed = tolerance(options.device, group, theirs);
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
  return program::run(app, argc, argv, [&] {
    options.check();
    replay(options);
  });
}
