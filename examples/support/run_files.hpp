// The files of a training run beside its checkpoint: log.jsonl, run.json, and what is read back from them.
#pragma once

#include <unistd.h>

#include <Eigen/Core>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "report_text.hpp"
#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "sdmae/io/event_file.hpp"
#include "sdmae/train/report.hpp"

namespace program {

/// A file of these bytes, whole or not at all.
inline void write_whole(const std::filesystem::path& path, const std::string& text) {
  sdmae::atomic_file file(path);
  file.write(text);
  file.commit();
}

/// log.jsonl: a line a step. Opened for a run whose first `steps` steps are done, it is cut back to them. Entries
/// called `always` are there in every line. With `events`, the same numbers go into an event file beside it, a new one
/// for each start.
class run_log {
 public:
  run_log(const std::filesystem::path& path, sdmae::index steps, bool events, std::vector<std::string> always = {})
      : path_(path), with_events_(events), always_(std::move(always)) {
    if (steps > 0) keep(steps);
    file_.open(path_, steps > 0 ? std::ios::app : std::ios::trunc);
    check();
  }

  /// Appends a step's line; null for what was not evaluated.
  void add(const sdmae::run_report& report, double images_per_second) {
    nlohmann::ordered_json line{{"step", report.step}, {"epoch", report.epoch}, {"loss", report.loss}};
    for (const std::string& name : always_) line[name] = nullptr;
    for (const sdmae::reported& term : report.terms)
      line[term.name] = term.evaluated ? nlohmann::ordered_json(term.value) : nlohmann::ordered_json(nullptr);
    line["feature_std"] = report.feature_deviation;
    line["feature_rank"] = report.feature_rank;
    line["lr"] = report.learning_rate;
    line["grad_norm"] = report.gradient_norm;
    line["images_per_s"] = std::round(images_per_second * 100) / 100;
    if (with_events_) add_event(report.step, line);
    lines_.push_back(line);
    file_ << line.dump() << '\n' << std::flush;
    check();
  }

  /// The values of one entry over all steps; NaN where it is null.
  std::vector<double> column(const std::string& name) const {
    std::vector<double> values;
    for (const auto& line : lines_)
      values.push_back(line.contains(name) && line[name].is_number() ? line[name].get<double>()
                                                                     : std::numeric_limits<double>::quiet_NaN());
    return values;
  }

 private:
  void add_event(sdmae::index step, const nlohmann::ordered_json& line) {
    const double now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    if (!events_) {
      const std::string name = "events.out.tfevents." + std::to_string(static_cast<long long>(now)) + "." +
                               std::to_string(::getpid()) + ".sdmae";
      events_.emplace(path_.parent_path() / name, now, step > 1 ? std::optional(step) : std::nullopt);
    }
    sdmae::event_scalars scalars;
    for (const auto& [key, value] : line.items())
      if (key != "step" && value.is_number()) scalars.emplace_back(key, value.get<float>());
    events_->add(step, now, scalars);
  }
  void keep(sdmae::index steps) {
    std::ifstream old(path_);
    std::string text, line;
    while (std::getline(old, line)) {
      const auto entry = nlohmann::ordered_json::parse(line, nullptr, false);
      if (entry.is_discarded() || !entry.contains("step") || entry["step"] > steps) continue;
      lines_.push_back(entry);
      text += line + '\n';
    }
    write_whole(path_, text);
  }
  void check() const {
    if (!file_) throw sdmae::error(path_.string(), "cannot be written", "is the disk full or read-only?");
  }

  std::filesystem::path path_;
  bool with_events_;
  std::optional<sdmae::event_file> events_;  // from the first step on: a run with nothing left to do makes none
  std::vector<std::string> always_;
  std::ofstream file_;
  std::vector<nlohmann::ordered_json> lines_;
};

/// A step of `trainer` with `batch`, and its line in the log.
template <class Trainer, class Batch>
sdmae::run_report logged_step(Trainer& trainer, Batch& batch, run_log& log) {
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  const sdmae::run_report report = trainer.step(batch);
  const double seconds = std::chrono::duration<double>(clock::now() - start).count();
  log.add(report, static_cast<double>(batch.size()) / seconds);
  return report;
}

/// The processor's own name, where the system tells it.
inline std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (const std::size_t colon = line.find(": "); line.rfind("model name", 0) == 0 && colon != std::string::npos)
      return line.substr(colon + 2);
  return "unknown";
}

/// A setting that run.json of a run's folder names, or null: what only the run's start knows is kept when it goes on.
inline nlohmann::ordered_json recorded_setting(const std::filesystem::path& folder, const std::string& name) {
  std::ifstream file(folder / "run.json");
  const auto run = nlohmann::ordered_json::parse(file, nullptr, false);
  const bool there = run.is_object() && run.contains("settings") && run["settings"].contains(name);
  return there ? run["settings"][name] : nlohmann::ordered_json(nullptr);
}

/// Writes run.json: the settings, and what they ran on.
inline void write_run_json(const std::filesystem::path& path, nlohmann::ordered_json settings, int threads) {
  const auto version = [](int major, int minor, int patch) {
    return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  };
  const nlohmann::ordered_json all{
      {"settings", std::move(settings)},
      {"versions",
       {{"sdmae", SDMAE_VERSION},
        {"compiler", __VERSION__},
        {"eigen", version(EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)}}},
      {"machine",
       {{"processor", processor_name()}, {"cores", std::thread::hardware_concurrency()}, {"threads", threads}}}};
  write_whole(path, report_text(all));
}

}  // namespace program
