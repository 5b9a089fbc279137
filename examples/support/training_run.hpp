// What programs that train have in common: the folder of a run, and steps that can be interrupted.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <thread>

#include "number_text.hpp"
#include "report_text.hpp"
#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "sdmae/train/schedule.hpp"
#include "tile_source.hpp"

namespace program {

/// How many threads a run has: as many as asked for, or all cores for 0.
inline int threads_of_run(int asked) {
  return asked > 0 ? asked : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

/// Throws sdmae::error where the images of `path` are less than a batch.
inline void check_batch(sdmae::index batch, const std::string& path, sdmae::index images) {
  if (images < batch)
    throw sdmae::error("--batch " + std::to_string(batch),
                       path + " has " + std::to_string(images) + " images, less than a batch",
                       "choose a batch of at most " + std::to_string(images));
}

inline std::filesystem::path checkpoint_in(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}

/// Throws sdmae::error where `folder` cannot be made or written, as far as what there is of its path tells.
inline void check_can_be_written(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::path there = std::filesystem::absolute(folder, problem);
  while (!std::filesystem::exists(there, problem) && there.has_relative_path()) there = there.parent_path();
  if (!std::filesystem::is_directory(there, problem))
    throw sdmae::error(there.string(), "is a file, not a folder", "choose another --out");
  if (::access(there.c_str(), W_OK | X_OK) != 0)
    throw sdmae::error(folder.string(), "cannot be written (" + std::string(std::strerror(errno)) + ")",
                       "choose another --out");
}

/// Says what makes `tiles` slow for training, which takes them in random order.
inline void tell_order(const tile_source& tiles) {
  if (const std::string line = tiles.slow_out_of_order(); !line.empty()) say(line);
}

/// The checkpoint of a run's folder. Throws sdmae::error for a folder that holds a run already unless it is to be
/// resumed, for one to be resumed that holds none, and for one that could not be made: before the work.
inline std::filesystem::path check_run_folder(const std::filesystem::path& folder, bool resume) {
  const std::filesystem::path checkpoint = checkpoint_in(folder);
  std::error_code problem;
  const bool there = std::filesystem::exists(checkpoint, problem);
  if (there && !resume)
    throw sdmae::error(checkpoint.string(), "is there already", "add --resume to go on, or choose another --out");
  if (!there && resume)
    throw sdmae::error(checkpoint.string(), "is not there, nothing to resume", "leave out --resume to start a run");
  check_can_be_written(folder);
  return checkpoint;
}

inline void make_folder(const std::filesystem::path& folder) {
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem)
    throw sdmae::error(folder.string(), "the folder cannot be made (" + problem.message() + ")",
                       "choose another --out");
}

/// What is odd about a schedule, see sdmae::cosine_schedule: a floor above the peak, which counts as the peak; a
/// warm-up that never ends.
inline void tell_schedule(const sdmae::cosine_schedule& schedule, double min_learning_rate) {
  if (min_learning_rate > schedule.peak)
    say("--min-lr " + number_text(min_learning_rate) + " is above the learning rate at this batch: lowered to " +
        number_text(schedule.peak));
  if (schedule.warmup_steps >= schedule.total_steps)
    say("warm-up takes all epochs: the learning rate climbs to the end and never falls; choose a shorter "
        "--warmup-epochs, or more epochs");
}

/// Settings for run.json, under their names without "sdmae.", numbers as numbers.
inline nlohmann::ordered_json settings_json(const sdmae::run_settings& settings) {
  nlohmann::ordered_json all;
  for (const auto& [key, value] : settings) {
    const auto number = nlohmann::ordered_json::parse(value, nullptr, false);
    all[key.substr(6)] = number.is_number() ? number : nlohmann::ordered_json(value);
  }
  return all;
}

inline volatile std::sig_atomic_t interrupted = 0;

/// The first interrupt asks for a checkpoint and an end; a second one ends the program at once.
inline void interrupt(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

/// step() after step() until `last` are done or somebody interrupts; save() every `every` steps, at the end, and when a
/// step throws: weights, moments and log are then those of the last whole step.
template <class Step, class Save>
void run_steps(const sdmae::training& run, sdmae::index last, sdmae::index every, Step step, Save save) {
  sdmae::index saved = run.steps_done();
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  try {
    while (run.steps_done() < last && !interrupted) {
      step();
      if (run.steps_done() % every != 0 || run.steps_done() >= last) continue;
      save();
      saved = run.steps_done();
    }
  } catch (...) {
    if (run.steps_done() > saved) save();
    throw;
  }
  save();
}

/// Throws the sdmae::error that an interrupted run ends with.
inline void tell_interruption(const sdmae::training& run) {
  if (interrupted)
    throw sdmae::error("interrupted", "saved after step " + std::to_string(run.steps_done()), "add --resume to go on");
}

}  // namespace program
