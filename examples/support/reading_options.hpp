// How a trained model is shown images, by the command line: resizing, parts of a tile, stain.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "sdmae/data/resample.hpp"
#include "stain_option.hpp"
#include "tile_reader.hpp"
#include "validators.hpp"

namespace program {

struct reading_options {
  std::string filter = "bilinear";
  sdmae::index crops = 1;
  stain_option stain;

  /// `otherwise`: see stain_option; `answers`: what of the model's is averaged over crops.
  void declare(CLI::App& app, const std::string& answers, const std::string& otherwise) {
    app.add_option("--interpolation", filter, "how images are resized (bilinear)")
        ->check(CLI::IsMember({"bilinear", "bicubic"}));
    app.add_option("--crops", crops,
                   "N: average " + answers +
                       " over a tile's middle and N x N parts of that, of which a tile larger than "
                       "the model's images, as those of slides are not, shows more (1: the middle alone)")
        ->check(whole<sdmae::index>(1, 16));
    stain.declare(app, otherwise);
  }

  sdmae::interpolation interpolation() const {
    return filter == "bicubic" ? sdmae::interpolation::bicubic : sdmae::interpolation::bilinear;
  }
  /// `normalised`: what `stain` chose for the run.
  reading_settings settings(sdmae::stain_normalisation normalised) const {
    return {interpolation(), normalised, crops};
  }
  /// For the weights of `checkpoint`; see stain_option::chosen.
  reading_settings chosen(const std::string& checkpoint) const { return settings(stain.chosen(checkpoint)); }
  /// Adds to a report how images were shown.
  void tell(nlohmann::ordered_json& report, sdmae::stain_normalisation normalised) const {
    using json = nlohmann::ordered_json;
    using enum sdmae::stain_normalisation;
    report.update({{"interpolation", filter},
                   {"crops", crops},
                   {"normalised_stain", normalised != none},
                   {"normalised_stain_version", normalised == none ? json(nullptr) : json(stain_option::version)},
                   {"normalised_stain_by", normalised == none       ? json(nullptr)
                                           : normalised == by_slide ? "slide"
                                                                    : "tile"}});
  }
};

}  // namespace program
