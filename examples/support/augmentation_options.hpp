// Options of how training images are augmented, for every program that trains.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "number_text.hpp"
#include "sdmae/data/augment.hpp"
#include "validators.hpp"

namespace program {

/// What was asked for; what was not keeps the value that the program gives to applied_to().
struct augmentation_options {
  std::optional<double> crop_scale, crop_ratio, mirror, flip, quarter, stain, blur, erase;
  std::optional<std::string> crop_filter, erase_fill;
  std::vector<double> color, blur_sigma, erase_area;

  void declare(CLI::App& app) {
    const auto number = [&](const char* name, std::optional<double>& to, const char* what) {
      return app.add_option(name, to, what)->group(group);
    };
    const auto chance = [&](const char* name, std::optional<double>& to, const char* what) {
      number(name, to, what)->check(within(0, 1));
    };
    const auto numbers = [&](const char* name, std::vector<double>& to, int count, double most, const char* what) {
      auto* const option = app.add_option(name, to, what)->expected(count)->delimiter(',');
      return option->check(within(0, most))->group(group);
    };
    const auto word = [&](const char* name, std::optional<std::string>& to, std::vector<std::string> words,
                          const char* what) {
      return app.add_option(name, to, what)->check(CLI::IsMember(std::move(words)))->group(group);
    };
    number("--crop-scale", crop_scale, "least share of a tile's area that a crop shows")->check(within(0, 1, true));
    number("--crop-ratio", crop_ratio, "a crop's least width / height, its most is the inverse; 1: squares")
        ->check(within(0, 1, true));
    word("--crop-filter", crop_filter, {"bilinear", "bicubic"}, "how a crop is resized");
    chance("--flip", mirror, "probability that left and right change places");
    chance("--flip-vertical", flip, "probability that top and bottom do");
    chance("--turns", quarter, "probability of a turn by one, two or three right angles");
    chance("--stain", stain, "stain jitter in HED space: 0.05 is light, 0.2 strong");
    numbers("--color", color, 4, 10,
            "jitter of brightness, contrast, saturation (each 1 ± this), hue (turns, at most 0.5): B,C,S,H");
    chance("--blur", blur, "probability of a Gaussian blur");
    numbers("--blur-sigma", blur_sigma, 2, 100, "its sigma in pixels, from, to (0.1,2)")->needs("--blur");
    chance("--erase", erase, "probability that a rectangle is erased");
    numbers("--erase-area", erase_area, 2, 1, "its share of the image, from, to (0.02,0.3333)")->needs("--erase");
    word("--erase-fill", erase_fill, {"noise", "mean"}, "what it is filled with (noise)")->needs("--erase");
  }

  /// Throws sdmae::error for numbers that do not go together.
  sdmae::augmentation applied_to(sdmae::augmentation how) const {
    how.crop.min_scale = crop_scale.value_or(how.crop.min_scale);
    if (crop_ratio) {
      how.crop.min_ratio = *crop_ratio;
      how.crop.max_ratio = 1 / *crop_ratio;
    }
    if (crop_filter)
      how.filter = *crop_filter == "bicubic" ? sdmae::interpolation::bicubic : sdmae::interpolation::bilinear;
    how.turn.mirror = mirror.value_or(how.turn.mirror);
    how.turn.flip = flip.value_or(how.turn.flip);
    how.turn.quarter = quarter.value_or(how.turn.quarter);
    how.stain.strength = stain.value_or(how.stain.strength);
    if (!color.empty()) how.color = {color[0], color[1], color[2], color[3]};
    how.blur.probability = blur.value_or(how.blur.probability);
    if (!blur_sigma.empty()) how.blur.min_sigma = blur_sigma[0], how.blur.max_sigma = blur_sigma[1];
    how.erase.probability = erase.value_or(how.erase.probability);
    if (!erase_area.empty()) how.erase.min_area = erase_area[0], how.erase.max_area = erase_area[1];
    if (erase_fill) how.erase.fill = *erase_fill == "mean" ? sdmae::erase_fill::mean : sdmae::erase_fill::noise;
    sdmae::check_crop(how.crop, "--crop-scale, --crop-ratio");
    sdmae::check_color(how.color, "--color");
    sdmae::check_blur(how.blur, "--blur-sigma");
    sdmae::check_erase(how.erase, "--erase-area");
    return how;
  }

 private:
  static constexpr const char* group = "Augmentation of training images";
};

/// An augmentation as run.json and checkpoints record it: equal for equal ones. What is off is left out. `crop`: what
/// to say of crops.
inline std::string augmentation_text(const sdmae::augmentation& how, std::string crop = "") {
  const auto range = [](double from, double to) { return number_text(from) + "-" + number_text(to); };
  if (crop.empty())
    crop = "crop " + range(how.crop.min_scale, how.crop.max_scale) + ", ratio " +
           range(how.crop.min_ratio, how.crop.max_ratio);
  std::string text = crop + ", " + (how.filter == sdmae::interpolation::bicubic ? "bicubic" : "bilinear");
  const auto add = [&](bool on, const std::string& what) { text += on ? ", " + what : ""; };
  add(how.normalise_stain == sdmae::stain_normalisation::by_tile, "normalised stain");
  add(how.normalise_stain == sdmae::stain_normalisation::by_slide, "normalised stain by slide");
  add(how.turn.mirror > 0, "flip " + number_text(how.turn.mirror));
  add(how.turn.flip > 0, "vertical flip " + number_text(how.turn.flip));
  add(how.turn.quarter > 0, "turns " + number_text(how.turn.quarter));
  add(how.stain.on(), "stain " + number_text(how.stain.strength));
  add(how.color.on(), "color " + number_text(how.color.brightness) + " " + number_text(how.color.contrast) + " " +
                          number_text(how.color.saturation) + " " + number_text(how.color.hue));
  add(how.blur.on(),
      "blur " + number_text(how.blur.probability) + " of sigma " + range(how.blur.min_sigma, how.blur.max_sigma));
  add(how.erase.on(), "erase " + number_text(how.erase.probability) + " of area " +
                          range(how.erase.min_area, how.erase.max_area) +
                          (how.erase.fill == sdmae::erase_fill::mean ? " by mean" : " by noise"));
  return text;
}

}  // namespace program
