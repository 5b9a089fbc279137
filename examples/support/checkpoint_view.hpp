// What programs that draw what a checkpoint's model does with images have in common: their options, the model, the
// images.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "checkpoint_preset.hpp"
#include "loader_batch.hpp"
#include "memory.hpp"
#include "open_tiles.hpp"
#include "output_files.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "stain_option.hpp"
#include "stained_tiles.hpp"
#include "validators.hpp"

namespace program {

struct view_options {
  std::string checkpoint, preset, data, out, mask = "random";
  std::optional<double> mask_ratio;
  sdmae::index images = 0;
  std::uint64_t seed = 0;
  int threads = 0;
  slide_options slide;
  stain_option stain;
  slide_groups_option groups;

  std::vector<named_path> inputs() const { return {{"--checkpoint", checkpoint}, {"--data", data}}; }

  /// `rows`: images when nobody says; `what_is_written`: of --out; `hidden`: what --mask-ratio is a share of; `none`:
  /// whether it may be 0.
  void declare(CLI::App& app, sdmae::index rows, const std::string& what_is_written, const std::string& hidden,
               bool none) {
    images = rows;
    app.add_option("--checkpoint", checkpoint, "safetensors file with weights in released names")->required();
    app.add_option("--data", data, "folder of images or of slides, table (.csv), HDF5 (.h5), slide, or synthetic")
        ->required();
    app.add_option("--out", out, what_is_written)->required()->check(not_empty());
    app.add_option("--preset", preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
    app.add_option("--images", images, "rows: the first images of the data (" + std::to_string(rows) + ")")
        ->check(whole(1, 64));
    app.add_option("--mask-ratio", mask_ratio, "share of " + hidden + " (the recipe's)")
        ->check(within(0, 0.9999, !none));
    app.add_option("--seed", seed, "of the masks (0)")->check(whole<std::uint64_t>(0, ~std::uint64_t{0}));
    app.add_option("--threads", threads, "default: all cores")->check(whole(1, 1024));
    slide.declare(app);
    stain.declare(app);
    groups.declare(app);
  }
};

/// A checkpoint's model with masks as asked for, and the first images of a data set. Throws sdmae::error for what
/// cannot be read, masks that leave nothing, and a model that does not fit the memory that there is.
class checkpoint_view {
 public:
  explicit checkpoint_view(const view_options& asked)
      : preset_(preset_of_checkpoint(asked.checkpoint, asked.preset)), trainer_(load(asked)) {
    const sdmae::stain_normalisation stain = asked.stain.chosen(asked.checkpoint);
    const auto tiles = asked.groups.applied_to(
        open_unlabelled(asked.data, preset_.image, asked.slide, asked.seed, asked.images), asked.data, stain);
    examples_.emplace(*tiles, asked.images, preset_.image, stain);
  }

  sdmae::trainer& trainer() { return *trainer_; }
  sdmae::image_shape image() const { return preset_.image; }
  example_batch& examples() { return *examples_; }
  /// Whether the masks hide anything.
  bool hides() const { return visible_ < preset_.image.patches(); }
  /// How many images pass through the model together: as many as usual, or as fit.
  sdmae::index slice() {
    const sdmae::index usual = sdmae::default_slice(static_cast<double>(preset_.image.patches()));
    return slice_that_fits(std::min(usual, examples_->size()), available_memory(),
                           [&](sdmae::index images) { return trainer_->inference_memory(images); });
  }

 private:
  std::unique_ptr<sdmae::trainer> load(const view_options& asked) {
    sdmae::trainer_options settings;
    settings.seed = asked.seed;
    settings.threads = asked.threads;
    settings.mask = mask_of(preset_, asked.mask, asked.mask_ratio);
    visible_ = settings.mask.visible(preset_.image.patches());  // refuses a ratio that leaves nothing
    check_resident_memory(preset_, available_memory());
    if (!classes_of_checkpoint(asked.checkpoint).empty())
      throw sdmae::error(asked.checkpoint, "is a classifier, which has no decoder", "give a checkpoint of pretrain");
    std::unique_ptr<sdmae::trainer> made = preset_.make(settings);
    tell_reshaped(asked.checkpoint, sdmae::load_parameters(asked.checkpoint, *made));
    return made;
  }

  const sdmae::registered_preset& preset_;
  sdmae::index visible_ = 0;
  std::unique_ptr<sdmae::trainer> trainer_;
  std::optional<example_batch> examples_;
};

}  // namespace program
