// --normalise-stain: whether all tissue is given the same colors before the model sees it.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "sdmae/io/safetensors.hpp"

namespace program {

struct stain_option {
  std::string asked;  // yes, no, or empty: as the weights that a run starts from were trained

  void declare(CLI::App& app, const std::string& otherwise = "as the checkpoint was trained") {
    app.add_option("--normalise-stain", asked,
                   "give the tissue of every tile the same mean and spread of color first: yes or no (default: " +
                       otherwise + ")")
        ->check(CLI::IsMember({"yes", "no"}));
  }

  /// `checkpoint`: the weights; empty: none. Throws sdmae::error for a file that is no checkpoint.
  bool chosen(const std::string& checkpoint) const {
    if (!asked.empty()) return asked == "yes";
    return !checkpoint.empty() && sdmae::safetensors_file(checkpoint).metadata().contains(key);
  }

  /// What a checkpoint's metadata hold where it was trained so; nothing otherwise.
  static constexpr const char* key = "sdmae.normalised_stain";
};

}  // namespace program
