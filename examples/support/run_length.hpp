// How many steps a run takes, and how often it saves.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "sdmae/core/config.hpp"
#include "training_run.hpp"
#include "validators.hpp"

namespace program {

struct run_length {
  sdmae::index steps_per_epoch = 0, total_steps = 0;  // of the schedule
  sdmae::index last_step = 0, save_every = 0;         // of what the program is to do now

  /// Into run.json's settings.
  void tell(nlohmann::ordered_json& settings) const {
    settings["steps_per_epoch"] = steps_per_epoch;
    settings["total_steps"] = total_steps;
    settings["stop_after"] = last_step;
    settings["save_every"] = save_every;
  }
};

/// --steps and --save-every; 0: not given.
struct length_options {
  sdmae::index steps = 0, save_every = 0;

  void declare(CLI::App& app) {
    app.add_option("--steps", steps, "stop after so many steps in all; the schedule stays")
        ->check(whole(1, largest_count));
    app.add_option("--save-every", save_every, "steps between checkpoints (default: an epoch)")
        ->check(whole(1, largest_count));
  }

  run_length of(sdmae::index steps_per_epoch, sdmae::index epochs) const {
    const sdmae::index total = steps_per_epoch * epochs;
    return {.steps_per_epoch = steps_per_epoch,
            .total_steps = total,
            .last_step = steps > 0 ? std::min(steps, total) : total,
            .save_every = save_every > 0 ? save_every : steps_per_epoch};
  }

  /// Says where --steps asks for more than the schedule has.
  void tell_beyond(const run_length& length) const {
    if (steps > length.total_steps)
      say("--steps " + std::to_string(steps) + " is beyond the schedule: it ends after step " +
          std::to_string(length.total_steps) + "; --epochs makes it longer");
  }
};

}  // namespace program
