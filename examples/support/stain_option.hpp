// --normalise-stain: whether the tissue of all tiles is given the same stain before the model sees it.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/io/safetensors.hpp"

namespace program {

struct stain_option {
  std::string asked;  // yes, no, or empty: as the weights that a run starts from were trained

  void declare(CLI::App& app, const std::string& otherwise = "as the checkpoint was trained") {
    app.add_option("--normalise-stain", asked,
                   "give the tissue of every tile the same mean and spread of optical density first: yes or no (" +
                       otherwise + ")")
        ->check(CLI::IsMember({"yes", "no"}));
  }

  /// `checkpoint`: the weights; empty: none. Throws sdmae::error for a file that is no checkpoint, and for one that was
  /// trained on stain normalised otherwise than here.
  bool chosen(const std::string& checkpoint) const {
    if (!asked.empty()) return asked == "yes";
    if (checkpoint.empty()) return false;
    const sdmae::safetensors_file file(checkpoint);
    const auto noted = file.metadata().find(key);
    if (noted == file.metadata().end()) return false;
    if (noted->second != version)
      throw sdmae::error(checkpoint, "was trained on stain normalised by version " + noted->second,
                         std::string("this program has version ") + version + ": say --normalise-stain yes or no");
    std::fprintf(stderr, "%s: trained on normalised stain, so stain is normalised\n", checkpoint.c_str());
    return true;
  }

  /// Into the metadata of a checkpoint.
  static void note(bool normalised, std::map<std::string, std::string>& metadata) {
    if (normalised) metadata[key] = version;
  }

  static constexpr const char* key = "sdmae.normalised_stain";
  static constexpr const char* version = "2";  // of sdmae::normalise_stain to its reference_stain
};

}  // namespace program
