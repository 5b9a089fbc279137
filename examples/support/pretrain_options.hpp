// The command line of pretrain: options, the preset's defaults, and what follows from both.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "augmentation_options.hpp"
#include "devices.hpp"
#include "number_text.hpp"
#include "run_length.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "sdmae/train/trainer.hpp"
#include "stain_option.hpp"
#include "stained_tiles.hpp"
#include "synthetic_option.hpp"
#include "tile_selection.hpp"
#include "tile_source.hpp"
#include "training_run.hpp"
#include "validators.hpp"

namespace program {

/// What was asked for; an option that was not given takes the preset's value.
struct pretrain_options {
  std::string preset, data, out, init, mask = "random", loss_on = "masked", show_augmentations;
  device_options device;
  slide_options slide;
  white_option white;
  augmentation_options augment;
  stain_option normalise_stain;
  slide_groups_option groups;
  synthetic_option synthetic;
  length_options length;
  std::optional<sdmae::index> epochs, batch, slice, warmup_epochs;
  std::optional<double> learning_rate, min_learning_rate, weight_decay, mask_ratio, distill_weight;
  double clip_norm = 0;
  std::uint64_t seed = 0;
  int threads = 0;
  bool resume = false, partial = false, memory = false, tensorboard = false;

  void declare(CLI::App& app) {
    app.add_option("--preset", preset, "architecture and recipe, by name: " SDMAE_COMPILED_PRESETS)->required();
    app.add_option("--data", data, "folder of images or of slides, table (.csv), HDF5 (.h5), slide, or synthetic")
        ->required();
    app.add_option("--out", out, "folder of the run: checkpoint, log, pictures")->check(not_empty());
    app.add_option("--epochs", epochs, "length of the schedule")->check(whole(1, largest_count));
    length.declare(app);
    app.add_option("--batch", batch, "images a step")->check(whole(1, largest_count));
    app.add_option("--slice", slice, device_options::slice_help)->check(whole(1, largest_count));
    app.add_option("--lr", learning_rate, "base learning rate, times batch/256")->check(within(0, 10, true));
    app.add_option("--min-lr", min_learning_rate, "learning rate at the end")->check(within(0, 10));
    app.add_option("--warmup-epochs", warmup_epochs, "epochs of linear warm-up")->check(whole(0, largest_count));
    app.add_option("--weight-decay", weight_decay, "decoupled weight decay")->check(within(0, 10));
    app.add_option("--clip-norm", clip_norm, "scale a gradient with a larger norm down to this; 0: never")
        ->check(within(0, 1e6));
    app.add_option("--mask", mask, "which patches are hidden")
        ->check(CLI::IsMember({"random", "block", "grid", "tissue"}));
    app.add_option("--loss-on", loss_on, "which hidden patches reconstruction is judged by: masked (all) or tissue")
        ->check(CLI::IsMember({"masked", "tissue"}));
    app.add_option("--mask-ratio", mask_ratio, "share of hidden patches, below 1")->check(within(0, 0.9999));
    app.add_option("--distill-weight", distill_weight, "weight of self-distillation; 1 - it weighs reconstruction")
        ->check(within(0, 1));
    device.declare(app);
    slide.declare(app);
    white.declare(app);
    app.add_flag("--resume", resume, "go on from the checkpoint in --out");
    app.add_option("--init", init, "start from the weights of this checkpoint")->excludes("--resume");
    app.add_flag("--partial", partial, "take from --init what fits by name: what it lacks starts as it would without")
        ->needs("--init");
    app.add_flag("--memory", memory, "print what a step takes, piece by piece, and train nothing");
    app.add_option("--show-augmentations", show_augmentations,
                   "draw sixteen images as the run would see them into this PNG file, and train nothing")
        ->check(not_empty());
    app.add_flag("--tensorboard", tensorboard, "write the numbers of log.jsonl into event files for TensorBoard, too");
    synthetic.declare(app);
    app.add_option("--seed", seed, "of weights, order, crops and masks")
        ->check(whole<std::uint64_t>(0, ~std::uint64_t{0}));
    app.add_option("--threads", threads, "default: all cores")->check(whole(1, 1024));
    augment.declare(app);
    normalise_stain.declare(app, "no; as the checkpoint of --init or --resume was trained");
    groups.declare(app);
  }

  /// What CLI11 cannot see: a run needs a folder, a picture of augmentations does not.
  void check() const {
    if (out.empty() && show_augmentations.empty() && !memory) throw CLI::RequiredError("--out");
  }
};

/// The run that options and preset amount to.
struct pretrain_plan {
  sdmae::recipe recipe;  // the preset's, with what was asked for
  sdmae::augmentation augment;
  run_length length;
  sdmae::trainer_options trainer;
  sdmae::run_settings settings;  // what a checkpoint must match to be resumed
};

namespace detail {

inline sdmae::recipe chosen_recipe(const pretrain_options& o, sdmae::recipe r) {
  r.epochs = o.epochs.value_or(r.epochs);
  r.batch = o.batch.value_or(r.batch);
  r.warmup_epochs = o.warmup_epochs.value_or(r.warmup_epochs);
  r.base_learning_rate = o.learning_rate.value_or(r.base_learning_rate);
  r.min_learning_rate = o.min_learning_rate.value_or(r.min_learning_rate);
  r.weight_decay = o.weight_decay.value_or(r.weight_decay);
  r.mask_ratio = o.mask_ratio.value_or(r.mask_ratio);
  r.distill_weight = o.distill_weight.value_or(r.distill_weight);
  return r;
}

inline void check_recipe(const pretrain_options& o, const sdmae::registered_preset& preset, const sdmae::recipe& r,
                         sdmae::index images) {
  check_batch(r.batch, o.data, images);
  if (!preset.distills && r.distill_weight != 0)
    throw sdmae::error("--distill-weight " + number_text(r.distill_weight),
                       o.preset + " has no self-distillation: it is He et al.'s masked autoencoder",
                       "leave it out, or choose a pretrain_mae preset");
}

inline sdmae::trainer_options trainer_of(const pretrain_options& o, const sdmae::registered_preset& preset,
                                         const sdmae::recipe& r, const run_length& length) {
  sdmae::trainer_options trainer;
  trainer.seed = o.seed;
  trainer.threads = threads_of_run(o.threads);
  trainer.mask = mask_of(preset, o.mask, r.mask_ratio);
  const sdmae::index patches = preset.image.patches(), visible = trainer.mask.visible(patches);
  if (visible == patches && r.distill_weight == 0)
    throw sdmae::error("--mask-ratio " + number_text(r.mask_ratio) + " --distill-weight 0",
                       "leave nothing to learn from: none of " + std::to_string(patches) + " patches is hidden",
                       "hide more, or distil");
  trainer.slice = o.device.slice(o.slice, r.batch, static_cast<double>(visible));
  trainer.distill_weight = r.distill_weight;
  if (o.loss_on == "tissue") trainer.without = sdmae::background{};
  const double peak = r.base_learning_rate * static_cast<double>(r.batch) / 256;
  trainer.optimiser.learning_rate = peak;
  trainer.optimiser.beta2 = r.beta2;
  trainer.optimiser.weight_decay = r.weight_decay;
  trainer.optimiser.clip_norm = o.clip_norm;
  trainer.schedule = {.peak = peak,
                      .floor = r.min_learning_rate,
                      .warmup_steps = r.warmup_epochs * length.steps_per_epoch,
                      .total_steps = length.total_steps};
  return trainer;
}

inline sdmae::run_settings pretrain_settings(const pretrain_options& o, const sdmae::recipe& r,
                                             const sdmae::augmentation& augment, const tile_source& tiles) {
  sdmae::run_settings settings{
      {"sdmae.preset", o.preset},
      {"sdmae.seed", std::to_string(o.seed)},
      {"sdmae.batch", std::to_string(r.batch)},
      {"sdmae.epochs", std::to_string(r.epochs)},
      {"sdmae.warmup_epochs", std::to_string(r.warmup_epochs)},
      {"sdmae.learning_rate", number_text(r.base_learning_rate)},
      {"sdmae.min_learning_rate", number_text(r.min_learning_rate)},
      {"sdmae.weight_decay", number_text(r.weight_decay)},
      {"sdmae.clip_norm", number_text(o.clip_norm)},
      {"sdmae.mask_ratio", number_text(r.mask_ratio)},
      {"sdmae.distill_weight", number_text(r.distill_weight)},
      {"sdmae.data", std::to_string(tiles.size()) + " images, fingerprint " + std::to_string(tiles.fingerprint())}};
  // Not of the released one, so that its checkpoints are those of versions that knew no other.
  if (const std::string text = augmentation_text(augment); text != augmentation_text({}))
    settings["sdmae.augmentation"] = text;
  note_stain(augment.normalise_stain, tiles, settings);
  return settings;
}

}  // namespace detail

/// The preset's augmentation, with what was asked for. Throws sdmae::error for what cannot be.
inline sdmae::augmentation chosen_augmentation(const pretrain_options& o, const sdmae::recipe& recipe) {
  sdmae::augmentation how;
  how.crop.min_scale = recipe.min_crop_scale;
  how.filter = recipe.bicubic_crops ? sdmae::interpolation::bicubic : sdmae::interpolation::bilinear;
  how.turn.mirror = recipe.mirror;
  const bool goes_on = o.resume && !o.out.empty();
  how.normalise_stain =
      goes_on ? o.normalise_stain.resumed(checkpoint_in(o.out).string()) : o.normalise_stain.chosen(o.init);
  return o.augment.applied_to(how);
}

/// `augment`: what chosen_augmentation chose. Throws sdmae::error when `tiles` do not fill a batch.
inline pretrain_plan plan_run(const pretrain_options& o, const sdmae::registered_preset& preset,
                              const sdmae::augmentation& augment, const tile_source& tiles) {
  pretrain_plan plan;
  const sdmae::recipe& r = plan.recipe = detail::chosen_recipe(o, preset.defaults);
  detail::check_recipe(o, preset, r, tiles.size());
  plan.augment = augment;
  plan.length = o.length.of(tiles.size() / r.batch, r.epochs);
  plan.trainer = detail::trainer_of(o, preset, r, plan.length);
  plan.settings = detail::pretrain_settings(o, r, augment, tiles);
  return plan;
}

}  // namespace program
