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

  /// Of a program that starts from the weights of `checkpoint`; empty: from none. Says so where they were trained on
  /// normalised stain, and where they were trained otherwise than is asked for. Throws sdmae::error for a file that is
  /// no checkpoint, and, where nothing is asked for, for stain normalised by another version than this program's.
  bool chosen(const std::string& checkpoint) const {
    return checkpoint.empty() ? asked == "yes" : follows(checkpoint, noted(checkpoint));
  }
  /// Of a run that goes on from its own checkpoint, which refuses another choice by itself. Throws sdmae::error for
  /// stain normalised by another version.
  bool resumed(const std::string& checkpoint) const {
    const std::string trained = noted(checkpoint);
    if (!trained.empty() && trained != version)
      throw sdmae::error(checkpoint, "was trained on stain " + text(trained) + ", this program has version " + version,
                         "it cannot be gone on with; start another run from its weights with --init");
    return asked.empty() ? follows(checkpoint, trained) : asked == "yes";
  }

  /// Into the metadata of a checkpoint.
  static void note(bool normalised, std::map<std::string, std::string>& metadata) {
    if (normalised) metadata[key] = version;
  }

  static constexpr const char* key = "sdmae.normalised_stain";
  static constexpr const char* version = "2";  // of sdmae::normalise_stain to its reference_stain

 private:
  /// What is chosen for the weights of a checkpoint that notes the version `trained`; see chosen().
  bool follows(const std::string& checkpoint, const std::string& trained) const {
    const bool normalises = asked.empty() ? !trained.empty() : asked == "yes";
    const std::string here = normalises ? version : "";
    if (here != trained && asked.empty())
      throw sdmae::error(checkpoint, "was trained on stain " + text(trained),
                         std::string("this program has version ") + version + ": say --normalise-stain yes or no");
    if (here != trained)
      std::fprintf(stderr, "%s: trained on stain %s; here it is %s, as asked for\n", checkpoint.c_str(),
                   text(trained).c_str(), text(here).c_str());
    else if (normalises)
      std::fprintf(stderr, "%s: trained on normalised stain, so stain is normalised\n", checkpoint.c_str());
    return normalises;
  }
  /// The version that a checkpoint notes; empty: none.
  static std::string noted(const std::string& checkpoint) {
    const sdmae::safetensors_file file(checkpoint);
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? "" : found->second;
  }
  static std::string text(const std::string& by) {
    return by.empty() ? "left as it is" : "normalised by version " + by;
  }
};

}  // namespace program
