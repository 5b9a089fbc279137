// --normalise-stain: whether tissue is given the same stain before the model sees it, tile by tile or slide by slide.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <optional>
#include <string>

#include "sdmae/core/error.hpp"
#include "sdmae/data/stain_normalise.hpp"
#include "sdmae/io/safetensors.hpp"

namespace program {

struct stain_option {
  using normalisation = sdmae::stain_normalisation;

  std::string asked;  // no, tile or yes, slide, or empty: as the weights that a run starts from were trained

  void declare(CLI::App& app, const std::string& otherwise = "as the checkpoint was trained") {
    app.add_option(
           "--normalise-stain", asked,
           "give tissue the same mean and spread of optical density first: that of every tile (tile; yes is the "
           "same), of all tiles of a slide together (slide), or no (" +
               otherwise + ")")
        ->check(CLI::IsMember({"no", "tile", "yes", "slide"}));
  }

  /// Of a program that starts from the weights of `checkpoint`; empty: from none. Says so where they were trained on
  /// normalised stain, and where they were trained otherwise than is asked for. Throws sdmae::error for a file that is
  /// no checkpoint, and, where nothing is asked for, for stain normalised by another version than this program's.
  normalisation chosen(const std::string& checkpoint) const {
    return checkpoint.empty() ? asked_for() : follows(checkpoint, noted(checkpoint));
  }
  /// Of a run that goes on from its own checkpoint, which refuses another choice by itself. Throws sdmae::error for
  /// stain normalised by another version.
  normalisation resumed(const std::string& checkpoint) const {
    const std::string trained = noted(checkpoint);
    if (!named(trained))
      throw sdmae::error(checkpoint, "was trained on stain " + text(trained) + ", this program has version " + version,
                         "it cannot be gone on with; start another run from its weights with --init");
    return asked.empty() ? follows(checkpoint, trained) : asked_for();
  }

  /// What a checkpoint notes of stain; empty: nothing, stain is left as it is.
  static std::string name(normalisation how) {
    if (how == normalisation::none) return "";
    return std::string(version) + (how == normalisation::by_slide ? slides : "");
  }
  /// Into the metadata of a checkpoint.
  static void note(normalisation how, std::map<std::string, std::string>& metadata) {
    if (how != normalisation::none) metadata[key] = name(how);
  }

  static constexpr const char* key = "sdmae.normalised_stain";
  static constexpr const char* version = "2";  // of sdmae::match_stain to its reference_stain

  /// In words, what a checkpoint notes.
  static std::string text(const std::string& noted) {
    if (noted.empty()) return "left as it is";
    const std::size_t end = noted.rfind(slides);
    return "normalised by version " + noted.substr(0, end) + (end == std::string::npos ? "" : ", slide by slide");
  }

 private:
  static constexpr const char* slides = " by slide";

  normalisation asked_for() const {
    if (asked == "slide") return normalisation::by_slide;
    return asked.empty() || asked == "no" ? normalisation::none : normalisation::by_tile;
  }
  /// What is chosen for the weights of a checkpoint that notes `trained`; see chosen().
  normalisation follows(const std::string& checkpoint, const std::string& trained) const {
    if (asked.empty() && !named(trained))
      throw sdmae::error(
          checkpoint, "was trained on stain " + text(trained),
          std::string("this program has version ") + version + ": say --normalise-stain tile, slide or no");
    const normalisation how = asked.empty() ? *named(trained) : asked_for();
    if (const std::string here = name(how); here != trained)
      std::fprintf(stderr, "%s: trained on stain %s; here it is %s, as asked for\n", checkpoint.c_str(),
                   text(trained).c_str(), text(here).c_str());
    else if (how != normalisation::none)
      std::fprintf(stderr, "%s: trained on normalised stain, so stain is normalised%s\n", checkpoint.c_str(),
                   how == normalisation::by_slide ? ", slide by slide" : "");
    return how;
  }
  /// What this program calls so; nothing: what no version of it knows.
  static std::optional<normalisation> named(const std::string& noted) {
    for (const normalisation how : {normalisation::none, normalisation::by_tile, normalisation::by_slide})
      if (name(how) == noted) return how;
    return std::nullopt;
  }
  static std::string noted(const std::string& checkpoint) {
    const sdmae::safetensors_file file(checkpoint);
    const auto found = file.metadata().find(key);
    return found == file.metadata().end() ? "" : found->second;
  }
};

}  // namespace program
