// What programs that train have in common: the folder of a run, and steps that can be interrupted.
#pragma once

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "number_text.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/train/checkpoint.hpp"

namespace program {

inline void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

inline std::filesystem::path checkpoint_in(const std::filesystem::path& folder) {
  return folder / "checkpoint.safetensors";
}

/// The checkpoint of a run's folder. Throws sdmae::error for a folder that holds a run already unless it is to be
/// resumed, and for one to be resumed that holds none.
inline std::filesystem::path check_run_folder(const std::filesystem::path& folder, bool resume) {
  const std::filesystem::path checkpoint = checkpoint_in(folder);
  std::error_code problem;
  const bool there = std::filesystem::exists(checkpoint, problem);
  if (there && !resume)
    throw sdmae::error(checkpoint.string(), "is there already", "add --resume to go on, or choose another --out");
  if (!there && resume)
    throw sdmae::error(checkpoint.string(), "is not there, nothing to resume", "leave out --resume to start a run");
  return checkpoint;
}

inline void make_folder(const std::filesystem::path& folder) {
  std::error_code problem;
  if (std::filesystem::exists(folder, problem) && !std::filesystem::is_directory(folder, problem))
    throw sdmae::error(folder.string(), "is a file, not a folder", "choose another --out");
  std::filesystem::create_directories(folder, problem);
  if (problem)
    throw sdmae::error(folder.string(), "the folder cannot be made (" + problem.message() + ")",
                       "choose another --out");
}

/// See cosine_schedule: a floor above the peak counts as the peak.
inline void tell_lowered(double min_learning_rate, double peak) {
  if (min_learning_rate > peak)
    say("--min-lr " + number_text(min_learning_rate) + " is above the learning rate at this batch: lowered to " +
        number_text(peak));
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
