// Pre-trains SD-MAE on tiles of tissue, whatever they are kept in, or on generated ones.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/train/checkpoint.hpp"
#include "support/augmentation_sheet.hpp"
#include "support/loader_batch.hpp"
#include "support/memory.hpp"
#include "support/open_tiles.hpp"
#include "support/output_files.hpp"
#include "support/presets.hpp"
#include "support/pretrain_options.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/report_page.hpp"
#include "support/report_text.hpp"
#include "support/run_files.hpp"
#include "support/tile_pass.hpp"
#include "support/training_run.hpp"
#if defined(PROGRAM_DRAWS)
#include "support/run_pictures.hpp"
#endif

namespace {

namespace fs = std::filesystem;
using sdmae::index;

using program::say;

nlohmann::ordered_json settings_json(const program::pretrain_options& options, const program::pretrain_plan& plan,
                                     const sdmae::trainer& trainer) {
  nlohmann::ordered_json settings = program::settings_json(plan.settings);
  settings["augmentation"] = program::augmentation_text(plan.augment);
  settings["mask"] = options.mask;
  settings["loss_on"] = options.loss_on;
  settings["backend"] = options.device.backend;
  settings["precision"] = options.device.precision;
  settings["policies"] = trainer.policies();
  settings["parameters"] = trainer.parameter_count();
  settings["group_rule"] = program::or_null(options.groups.rule);
  settings["max_white"] = program::or_null(options.white.most);
  settings["data_path"] = options.data;
  settings["init"] = options.resume ? program::recorded_setting(options.out, "init") : program::or_null(options.init);
  settings["partial"] =
      options.resume ? program::recorded_setting(options.out, "partial") : nlohmann::ordered_json(options.partial);
  plan.length.tell(settings);
  settings["slice"] = plan.trainer.slice;
  return settings;
}

/// A run under way: what it is made of, and what it leaves in its folder.
class pretraining {
 public:
  pretraining(const program::pretrain_options& options, const sdmae::registered_preset& preset,
              const sdmae::augmentation& augment, const program::tile_source& data, sdmae::image_shape shape)
      : options_(options),
        data_(data),
        plan_(program::plan_run(options, preset, augment, data)),
        trainer_(make_trainer(preset, plan_.trainer, options.device)),
        shape_(shape),
        folder_(options.out) {
    plan_.settings["sdmae.policies"] = trainer_->policies();
    if (options.resume)
      sdmae::resume_checkpoint(checkpoint(), *trainer_, plan_.settings);
    else if (!options.init.empty())
      start_from(preset.distills);
  }

  void print_memory() {
    std::fputs(program::memory_table(trainer_->plan(plan_.recipe.batch, plan_.trainer.slice)).c_str(), stdout);
  }

  void run() {
    program::check_step_memory(*trainer_, plan_.recipe.batch, plan_.trainer.slice, options_.device.available_memory());
    const index first = trainer_->steps_done();
    if (first < plan_.length.last_step) prepare_data();
    examples_.emplace(data_, 6, shape_, plan_.augment.normalise_stain);
    program::make_folder(folder_);
    program::tell_schedule(plan_.trainer.schedule, plan_.recipe.min_learning_rate);
    baseline_loss_ = trainer_->reconstruct(*examples_, plan_.trainer.slice).baseline_loss;
    program::write_run_json(folder_ / "run.json", settings_json(options_, plan_, *trainer_), plan_.trainer.threads);
    program::run_log log(folder_ / "log.jsonl", first, options_.tensorboard,
                         {"reconstruction", "distillation", "teacher_entropy"});
    options_.length.tell_beyond(plan_.length);
    if (first >= plan_.length.last_step) {
      say("nothing left to do: " + std::to_string(first) + " of " + std::to_string(plan_.length.last_step) +
          " steps are done");
      return draw(log);
    }
    sdmae::loader_settings how =
        program::loading(shape_, plan_.recipe.batch, plan_.trainer.slice, options_.seed, plan_.trainer.threads, first);
    how.augment = plan_.augment;
    sdmae::loader<program::tile_source> images(data_, how);
    train(images, log, first);
    if (images.broken() > 0)
      say(std::to_string(images.broken()) + " broken images were replaced, each by the next readable one");
    draw(log);
    program::tell_interruption(*trainer_);
    say("wrote checkpoint.safetensors, log.jsonl, run.json, report.html" + pictures_ + " into " + options_.out);
    if (trainer_->steps_done() < plan_.length.total_steps)
      say("stopped after step " + std::to_string(trainer_->steps_done()) + " of " +
          std::to_string(plan_.length.total_steps) + ": --resume goes on");
  }

 private:
  /// What tiles need to know of one another, before the loader's threads ask for it.
  void prepare_data() {
    program::tell_order(data_);
    program::tile_pass pass(plan_.trainer.threads);
    data_.prepare(pass, 0);
  }
  /// Says what became of every tensor of the file.
  void start_from(bool distills) {
    const sdmae::load_options accepted{
        .missing = options_.partial, .unexpected = options_.partial, .remedy = "add --partial to take what fits"};
    std::string report = sdmae::load_parameters(options_.init, *trainer_, accepted).text();
    if (distills) report += "the teacher's center starts at 0\n";
    std::fprintf(stderr, "%s", report.c_str());
  }
  static std::unique_ptr<sdmae::trainer> make_trainer(const sdmae::registered_preset& preset,
                                                      const sdmae::trainer_options& options,
                                                      const program::device_options& device) {
    program::check_resident_memory(preset, device.available_memory());
    return preset.make(options);
  }
  fs::path checkpoint() const { return program::checkpoint_in(folder_); }

  void train(sdmae::loader<program::tile_source>& images, program::run_log& log, index first) {
    program::loader_batch<program::tile_source> batch(images, plan_.recipe.batch);
    program::progress progress("step", plan_.length.last_step, first);
    const auto step = [&] {
      take_step(batch, log, progress);
      images.advance();
    };
    program::run_steps(*trainer_, plan_.length.last_step, plan_.length.save_every, step,
                       [&] { sdmae::save_checkpoint(checkpoint(), *trainer_, plan_.settings); });
  }

  void take_step(sdmae::byte_batch& batch, program::run_log& log, program::progress& progress) {
    const sdmae::run_report report = program::logged_step(*trainer_, batch, log);
    char note[96];
    std::snprintf(note, sizeof note, "loss %.4f", report.loss);
    std::string text = note;
    if (report.terms[0].evaluated) {
      std::snprintf(note, sizeof note, ", reconstruction %.4f (baseline %.4f)", report.terms[0].value, baseline_loss_);
      text += note;
    }
    progress.update(report.step, static_cast<double>(batch.size()), "images", text);
  }

  void draw(const program::run_log& log) {
    sdmae::html_report page("Pre-trained: " + options_.preset + " on " + options_.data);
#if defined(PROGRAM_DRAWS)
    const sdmae::reconstruction_images images = trainer_->reconstruct(*examples_, plan_.trainer.slice);
    const double uniform = std::log(static_cast<double>(trainer_->prototypes()));
    program::draw_curve(folder_ / "curve.png", options_.preset + " on " + options_.data, log, images, uniform);
    pictures_ = ", curve.png";
    page.heading("Training");
    page.picture_file(folder_ / "curve.png", "The losses over the steps");
    if (plan_.recipe.distill_weight < 1 && plan_.recipe.mask_ratio > 0) {  // else nothing was painted
      program::draw_reconstruction(folder_ / "reconstruction.png",
                                   options_.preset + " after step " + std::to_string(trainer_->steps_done()), images,
                                   shape_);
      pictures_ += ", reconstruction.png";
      page.heading("What the model fills in");
      page.picture_file(folder_ / "reconstruction.png", "Images, what the model sees of them, and what it paints");
    }
#else
    static_cast<void>(log);
    pictures_ = " (no pictures: this program was built without cairo)";
#endif
    add_map(page);
    program::add_settings(page, settings_json(options_, plan_, *trainer_));
    page.write(folder_ / "report.html");
  }

  /// What the encoder makes of images from all over the data set.
  void add_map(sdmae::html_report& page) {
    constexpr index most = 128;
    program::example_batch images(data_, most, shape_, plan_.augment.normalise_stain,
                                  std::max<index>(1, data_.size() / most));
    const index width = trainer_->feature_width();
    std::vector<float> features(static_cast<std::size_t>(images.size() * width));
    if (images.size() > 0) trainer_->features(images, std::min<index>(plan_.trainer.slice, 16), features.data());
    program::mapped_images shown;
    std::vector<std::string> labels;
    for (index i = 0; i < images.size(); ++i) {
      shown.names.push_back(data_.name(images.sample(i)));
      if (!data_.labels.empty()) labels.push_back(data_.labels[static_cast<std::size_t>(images.sample(i))]);
    }
    shown.classes = sdmae::sorted_words(labels);
    shown.labels = sdmae::numbered(labels, shown.classes, options_.data);
    program::add_map(page, "Features of images, unmasked,", shown, features, width);
  }

  const program::pretrain_options& options_;
  const program::tile_source& data_;
  program::pretrain_plan plan_;
  std::optional<program::example_batch> examples_;
  std::unique_ptr<sdmae::trainer> trainer_;
  sdmae::image_shape shape_;
  fs::path folder_;
  double baseline_loss_ = 0;
  std::string pictures_;  // the names of those drawn
};

void pretrain(const program::pretrain_options& options) {
  options.check();
  const sdmae::registered_preset& preset = options.device.find(options.preset);
  const bool draws = !options.show_augmentations.empty();
  program::check_outputs({{"--show-augmentations", options.show_augmentations}},
                         {{"--data", options.data},
                          {"--init", options.init},
                          {"--groups", options.groups.rule},
                          {"the checkpoint in --out", program::checkpoint_in(options.out).string()}});
  if (!draws && !options.memory) program::check_run_folder(options.out, options.resume);
  const sdmae::augmentation augment = program::chosen_augmentation(options, preset.defaults);
  const auto tiles = options.white.applied_to(
      options.groups.applied_to(program::open_unlabelled(options.data, preset.image, options.slide, options.seed,
                                                         options.synthetic.images_of(options.data)),
                                options.data, augment.normalise_stain),
      options.data, options.threads);
  if (draws)
    return program::show_augmentations(options.show_augmentations, *tiles,
                                       {.shape = preset.image,
                                        .augment = augment,
                                        .mixing = {},
                                        .seed = options.seed,
                                        .threads = program::threads_of_run(options.threads)});
  pretraining run(options, preset, augment, *tiles, preset.image);
  options.memory ? run.print_memory() : run.run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Pre-trains a self-distillation masked autoencoder (SD-MAE) on image tiles.", "pretrain");
  program::pretrain_options options;
  options.declare(app);
  return program::run(app, argc, argv, [&] { pretrain(options); });
}
