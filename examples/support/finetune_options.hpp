// The command line of finetune: options, and the run that they amount to.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "augmentation_options.hpp"
#include "checkpoint_preset.hpp"
#include "devices.hpp"
#include "labelled_options.hpp"
#include "labelled_part.hpp"
#include "number_text.hpp"
#include "reading_options.hpp"
#include "run_files.hpp"
#include "run_length.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/data/mix.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "sdmae/train/classifier_trainer.hpp"
#include "training_run.hpp"
#include "validators.hpp"

namespace program {

struct finetune_options {
  std::string init, preset, out, show_augmentations;
  labelled_options data;
  device_options device;
  augmentation_options augment;
  reading_options reading;
  length_options length;
  sdmae::index epochs = 30, batch = 256, warmup_epochs = 5, replicates = 1000;
  double learning_rate = 1e-3, min_learning_rate = 1e-6, weight_decay = 0.05, clip_norm = 0;
  double drop_path = 0.1, smoothing = 0.1;
  std::optional<sdmae::index> slice;
  std::optional<double> layer_decay;
  sdmae::mix_settings mixing;
  std::uint64_t seed = 0;
  int threads = 0;
  bool from_nothing = false, resume = false, tensorboard = false;

  void declare(CLI::App& app) {
    declare_data(app);
    declare_recipe(app);
    augment.declare(app);
    reading.declare(app, "scores of test images, before the softmax,",
                    "as the checkpoint of --init or --resume was trained");
    device.declare(app);
    app.add_flag("--resume", resume, "go on from the checkpoint in --out; all else but --init as at the start");
    length.declare(app);
    app.add_option("--slice", slice, device_options::slice_help)->check(whole(1, largest_count));
    app.add_option("--show-augmentations", show_augmentations,
                   "draw sixteen training images as the run would see them into this PNG file, and train nothing")
        ->check(not_empty());
    app.add_flag("--tensorboard", tensorboard, "write the numbers of log.jsonl into event files for TensorBoard, too");
    app.add_option("--replicates", replicates, "of the bootstrap (1000)")->check(whole(1, largest_count));
    app.add_option("--seed", seed, "of the head, order, crops, mixing, drop path and bootstrap (0)")
        ->check(whole<std::uint64_t>(0, ~std::uint64_t{0}));
    app.add_option("--threads", threads, "default: all cores")->check(whole(1, 1024));
  }

  /// What CLI11 cannot see: a run needs a folder, a picture of augmentations does not; a run that goes on knows how it
  /// began.
  void settle() {
    if (out.empty() && (show_augmentations.empty() || resume)) throw CLI::RequiredError("--out");
    if (!resume) return;
    const std::string checkpoint = check_run_folder(out, true).string();
    if (init.empty() && !from_nothing) from_nothing = metadata_of_checkpoint(checkpoint, "sdmae.start") == "nothing";
    const nlohmann::ordered_json began = recorded_setting(out, "init");
    if (!init.empty() && began.is_string() && began != init)
      say("--init " + init + " is not read: the run began with " + began.get<std::string>() + ", and goes on");
  }
  /// Of which preset the model is. Throws where nothing says it.
  std::string preset_name() const {
    if (resume) return preset_name_of_checkpoint(checkpoint_in(out).string(), preset);
    if (init.empty() && !from_nothing)
      throw CLI::ValidationError("--init FILE or --from-nothing is needed: what to start from");
    if (!from_nothing) return preset_name_of_checkpoint(init, preset);
    if (preset.empty()) throw CLI::ValidationError("--from-nothing needs --preset, the model");
    return preset;
  }
  /// How test images are read; training images, too, but for their augmentation.
  reading_settings chosen_reading() const {
    return reading.settings(resume ? reading.stain.resumed(checkpoint_in(out).string()) : reading.stain.chosen(init));
  }
  /// What training images go through. Of crops of all of an image its middle is left: nothing is random about them.
  sdmae::augmentation augmentation(const reading_settings& read) const {
    sdmae::augmentation how;
    how.filter = read.filter;
    how.normalise_stain = read.normalise_stain;
    how = augment.applied_to(how);
    if (how.crop.min_scale < 1) return how;
    if (augment.crop_ratio)
      throw CLI::ValidationError("--crop-ratio is of crops, and --crop-scale 1 leaves tiles whole");
    how.part = sdmae::cropping::center;
    return how;
  }
  double chosen_layer_decay() const { return layer_decay.value_or(from_nothing ? 1.0 : 0.75); }

 private:
  void declare_data(CLI::App& app) {
    auto* const start = app.add_option("--init", init, "start from the encoder of this checkpoint; or");
    app.add_flag("--from-nothing", from_nothing, "start from random weights: the supervised baseline")->excludes(start);
    app.add_option("--preset", preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
    data.declare(app);
    app.add_option("--out", out, "folder of the run: checkpoint, log, curve, scores.csv, result.json")
        ->check(not_empty());
  }
  void declare_recipe(CLI::App& app) {
    app.add_option("--epochs", epochs, "length of the schedule (30)")->check(whole(1, largest_count));
    app.add_option("--batch", batch, "images a step (256)")->check(whole(1, largest_count));
    app.add_option("--lr", learning_rate, "base learning rate, times batch/256 (1e-3)")->check(within(0, 10, true));
    app.add_option("--min-lr", min_learning_rate, "learning rate at the end (1e-6)")->check(within(0, 10));
    app.add_option("--warmup-epochs", warmup_epochs, "epochs of linear warm-up (5)")->check(whole(0, largest_count));
    app.add_option("--weight-decay", weight_decay, "decoupled weight decay (0.05)")->check(within(0, 10));
    app.add_option("--clip-norm", clip_norm, "scale a gradient with a larger norm down to this; 0: never")
        ->check(within(0, 1e6));
    app.add_option("--layer-decay", layer_decay,
                   "each layer learns so much more slowly than the one behind it (0.75; 1 with --from-nothing)")
        ->check(within(0, 1, true));
    app.add_option("--drop-path", drop_path, "share of branches that the last block drops (0.1)")
        ->check(within(0, 0.99));
    app.add_option("--label-smoothing", smoothing, "share of a label that is spread over all classes (0.1)")
        ->check(within(0, 0.99));
    app.add_option("--mixup", mixing.mixup, "alpha of mixup, usually 0.8; 0: never")->check(within(0, 1000));
    app.add_option("--cutmix", mixing.cutmix, "alpha of cutmix, usually 1; 0: never")->check(within(0, 1000));
  }
};

/// The run that options, preset and training set amount to.
struct finetune_plan {
  run_length length;
  sdmae::classifier_options trainer;
  reading_settings reading;
  sdmae::augmentation augment;
  sdmae::run_settings settings;  // what a checkpoint must match to be resumed
};

namespace detail {

/// A number that changes with the samples and with what they are.
inline std::string data_text(const labelled_part& part) {
  sdmae::fingerprint sum;
  sum.add(part.tiles->fingerprint());
  for (const std::string& label : part.tiles->labels) sum.add(label);
  return std::to_string(part.labels.size()) + " images, fingerprint " + std::to_string(sum.value());
}

inline sdmae::run_settings finetune_settings(const finetune_options& o, const sdmae::augmentation& augment,
                                             const std::string& preset, const labelled_part& train,
                                             const std::vector<std::string>& classes) {
  const nlohmann::json names = classes;
  return {{"sdmae.preset", preset},
          {"sdmae.start", o.from_nothing ? "nothing" : "weights"},
          {"sdmae.seed", std::to_string(o.seed)},
          {"sdmae.batch", std::to_string(o.batch)},
          {"sdmae.epochs", std::to_string(o.epochs)},
          {"sdmae.warmup_epochs", std::to_string(o.warmup_epochs)},
          {"sdmae.learning_rate", number_text(o.learning_rate)},
          {"sdmae.min_learning_rate", number_text(o.min_learning_rate)},
          {"sdmae.weight_decay", number_text(o.weight_decay)},
          {"sdmae.clip_norm", number_text(o.clip_norm)},
          {"sdmae.layer_decay", number_text(o.chosen_layer_decay())},
          {"sdmae.drop_path", number_text(o.drop_path)},
          {"sdmae.label_smoothing", number_text(o.smoothing)},
          {"sdmae.mixup", number_text(o.mixing.mixup)},
          {"sdmae.cutmix", number_text(o.mixing.cutmix)},
          {"sdmae.augmentation", augmentation_text(augment)},
          {"sdmae.interpolation", o.reading.filter},
          {"sdmae.classes", names.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)},
          {"sdmae.data", data_text(train)}};
}

}  // namespace detail

/// `reading`: what chosen_reading() chose. Throws sdmae::error when the training set does not fill a batch, or has more
/// classes than there is room for.
inline finetune_plan plan_finetuning(const finetune_options& o, const sdmae::registered_classifier& preset,
                                     const std::string& preset_name, const reading_settings& reading,
                                     const labelled_part& train, const std::vector<std::string>& classes) {
  finetune_plan plan;
  const auto images = static_cast<sdmae::index>(train.labels.size()), count = static_cast<sdmae::index>(classes.size());
  check_batch(o.batch, o.data.train, images);
  if (count > sdmae::most_classes)
    throw sdmae::error(
        o.data.train,
        "has " + std::to_string(count) + " classes, there is room for " + std::to_string(sdmae::most_classes),
        "are its labels classes?");
  plan.length = o.length.of(images / o.batch, o.epochs);
  const double peak = o.learning_rate * static_cast<double>(o.batch) / 256;
  plan.trainer = {.seed = o.seed,
                  .threads = threads_of_run(o.threads),
                  .slice = o.device.slice(o.slice, o.batch, static_cast<double>(preset.image.patches())),
                  .classes = count,
                  .smoothing = o.smoothing,
                  .layer_decay = o.chosen_layer_decay(),
                  .drop_path = o.drop_path,
                  .optimiser = {.learning_rate = peak, .weight_decay = o.weight_decay, .clip_norm = o.clip_norm},
                  .schedule = {.peak = peak,
                               .floor = o.min_learning_rate,
                               .warmup_steps = o.warmup_epochs * plan.length.steps_per_epoch,
                               .total_steps = plan.length.total_steps}};
  plan.reading = reading;
  plan.augment = o.augmentation(plan.reading);
  plan.settings = detail::finetune_settings(o, plan.augment, preset_name, train, classes);
  note_stain(plan.reading.normalise_stain, *train.tiles, plan.settings);
  return plan;
}

}  // namespace program
