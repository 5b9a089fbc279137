// Fine-tunes a pre-trained encoder on labelled images, or trains a classifier from nothing, and judges it on a test
// set.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/augmentation_sheet.hpp"
#include "support/finetune_options.hpp"
#include "support/judgement.hpp"
#include "support/labelled_batch.hpp"
#include "support/loader_batch.hpp"
#include "support/memory.hpp"
#include "support/output_files.hpp"
#include "support/program.hpp"
#include "support/progress.hpp"
#include "support/report_page.hpp"
#include "support/report_text.hpp"
#include "support/run_files.hpp"
#include "support/tile_reader.hpp"
#include "support/training_run.hpp"
#if defined(PROGRAM_DRAWS)
#include "support/run_pictures.hpp"
#endif

namespace {

namespace fs = std::filesystem;
using program::say;
using sdmae::index;

/// A run under way: what it learns from, what it is made of, and what it leaves in its folder.
class finetuning {
 public:
  explicit finetuning(const program::finetune_options& options)
      : options_(options),
        folder_(options.out),
        checkpoint_(program::check_run_folder(folder_, options.resume)),
        preset_name_(options.preset_name()),
        preset_(options.device.find(sdmae::classifier_registry(), preset_name_)) {
    const program::reading_settings reading = options.chosen_reading();
    classes_ = options.data.open(train_, test_, reading, options.threads);
    plan_ = program::plan_finetuning(options, preset_, preset_name_, reading, train_, classes_);
    program::check_resident_memory(preset_, options.device.available_memory());
    trainer_ = preset_.make(plan_.trainer);
    plan_.settings["sdmae.policies"] = trainer_->policies();
    if (options.resume) {
      sdmae::resume_checkpoint(checkpoint_, *trainer_, plan_.settings);
      check_judged();
    }
    if (!options.resume && !options.from_nothing) start_from(options.init);
  }

  void run() {
    program::check_step_memory(*trainer_, options_.batch, plan_.trainer.slice, options_.device.available_memory());
    const index first = trainer_->steps_done();
    program::tile_reader reader(preset_.image, plan_.trainer.threads, plan_.reading);
    train_.hashes = reader.hashes(*train_.tiles);
    test_.hashes = reader.hashes(*test_.tiles);
    std::fprintf(stderr, "%s", load_report_.c_str());
    nlohmann::ordered_json report = begin_report();
    program::make_folder(folder_);
    program::tell_schedule(plan_.trainer.schedule, options_.min_learning_rate);
    program::write_run_json(folder_ / "run.json", run_json(), plan_.trainer.threads);
    program::run_log log(folder_ / "log.jsonl", first, options_.tensorboard);
    options_.length.tell_beyond(plan_.length);
    if (first < plan_.length.last_step) train(log);
    draw(log);
    program::tell_interruption(*trainer_);
    if (trainer_->steps_done() < plan_.length.total_steps)
      return say("stopped after step " + std::to_string(trainer_->steps_done()) + " of " +
                 std::to_string(plan_.length.total_steps) +
                 ": the test set is judged after the last; --resume goes on");
    judge(reader, report);
    say("wrote checkpoint.safetensors, log.jsonl, run.json" + pictures_ +
        ", scores.csv, result.json, report.html into " + options_.out);
  }

 private:
  /// Throws sdmae::error where test images are cut otherwise than at the start, or are others than those that the run
  /// was judged on already: that judgement stays.
  void check_judged() const {
    const std::string evaluate = "evaluate --checkpoint " + checkpoint_.string();
    const nlohmann::ordered_json crops = program::recorded_setting(folder_, "crops");
    if (crops.is_number() && crops != plan_.reading.crops)
      throw sdmae::error((folder_ / "run.json").string(),
                         "began with --crops " + crops.dump() + ", now " + std::to_string(plan_.reading.crops),
                         "give --crops " + crops.dump() + "; what is trained, " + evaluate + " judges otherwise");
    const fs::path table = folder_ / "scores.csv";
    std::error_code problem;
    if (fs::exists(table, problem) && program::read_scores(table.string()).paths != test_.tiles->names())
      throw sdmae::error(table.string(),
                         "is of other images than " + options_.data.tried_on() + ", and would be replaced",
                         "judge those with " + evaluate);
  }

  /// Takes the encoder of a file, and notes what became of every tensor. The final norm of an encoder that painted has
  /// no place here.
  void start_from(const std::string& file) {
    const auto of_classifier = [](const std::string& name) {
      return name.rfind("fc_norm.", 0) == 0 || name.rfind("head.", 0) == 0;
    };
    const auto of_painting = [](const std::string& name) {
      return name.rfind("encoder.norm.", 0) == 0 || name.rfind("norm.", 0) == 0;
    };
    const auto part = [&](const std::string& name) {
      return sdmae::is_of_encoder(name) && !of_classifier(name) && !of_painting(name);
    };
    sdmae::load_report report = sdmae::load_parameters(file, *trainer_, {.part = part});
    for (const sdmae::named_tensor& tensor : trainer_->parameters())
      if (of_classifier(tensor.name)) report.missing.push_back(tensor.name);
    load_report_ = report.text();
  }

  nlohmann::ordered_json begin_report() {
    nlohmann::ordered_json report{{"checkpoint", checkpoint_.string()}, {"preset", preset_name_}};
    options_.data.tell(report);
    report.update({{"train_images", train_.labels.size()}, {"test_images", test_.labels.size()}});
    options_.reading.tell(report, plan_.reading.normalise_stain);
    report.update({{"seed", options_.seed},
                   {"method", options_.from_nothing ? "from nothing" : "finetune"},
                   {"classes", classes_}});
    report.update(program::overlap(train_, test_));
    return report;
  }

  nlohmann::ordered_json run_json() const {
    nlohmann::ordered_json settings = program::settings_json(plan_.settings);
    settings["classes"] = classes_;
    settings["backend"] = options_.device.backend;
    settings["precision"] = options_.device.precision;
    settings["parameters"] = trainer_->parameter_count();
    options_.data.tell(settings);
    const nlohmann::ordered_json began = program::recorded_setting(folder_, "init");
    settings["init"] = options_.resume && !began.is_null() ? began : program::or_null(options_.init);
    plan_.length.tell(settings);
    settings["crops"] = plan_.reading.crops;
    settings["slice"] = plan_.trainer.slice;
    return settings;
  }

  void train(program::run_log& log) {
    program::tell_order(*train_.tiles);
    const index first = trainer_->steps_done();
    sdmae::loader_settings how = program::loading(preset_.image, options_.batch, plan_.trainer.slice, options_.seed,
                                                  plan_.trainer.threads, first);
    how.augment = plan_.augment;
    sdmae::loader<program::tile_source> images(*train_.tiles, how);
    program::labelled_batch<program::tile_source> batch(images, options_.batch, preset_.image, train_.labels,
                                                        static_cast<index>(classes_.size()), options_.mixing,
                                                        options_.seed);
    program::progress progress("step", plan_.length.last_step, first);
    const auto step = [&] {
      take_step(batch, log, progress);
      if (images.broken() > 0)  // another image stood under its label
        throw sdmae::error(options_.data.train, "an image could be read before training, and cannot any more",
                           "look at it");
      images.advance();
    };
    program::run_steps(*trainer_, plan_.length.last_step, plan_.length.save_every, step,
                       [&] { sdmae::save_checkpoint(checkpoint_, *trainer_, plan_.settings); });
  }

  void take_step(sdmae::labelled_byte_batch& batch, program::run_log& log, program::progress& progress) {
    const sdmae::run_report report = program::logged_step(*trainer_, batch, log);
    char note[96];
    std::snprintf(note, sizeof note, "loss %.4f, accuracy %.3f", report.loss, report.terms[1].value);
    progress.update(report.step, static_cast<double>(batch.size()), "images", note);
  }

  void draw(const program::run_log& log) {
#if defined(PROGRAM_DRAWS)
    const auto series = [&](const char* column) {
      return sdmae::chart_series{column, log.column("step"), log.column(column), true};
    };
    const double chance = std::log(static_cast<double>(classes_.size()));
    sdmae::chart curve;
    curve.title = program::printable(preset_name_ + " on " + options_.data.train);
    curve.x_label = "step";
    curve.panels.push_back(
        {"Cross-entropy of training batches (nats)", {series("cross_entropy")}, {{"every class alike", chance}}});
    curve.panels.push_back({"Accuracy on training batches", {series("accuracy")}, {}});
    sdmae::write_chart(curve, folder_ / "curve.png");
    pictures_ = ", curve.png";
#else
    static_cast<void>(log);
    pictures_ = " (no curve: this program was built without cairo)";
#endif
  }

  void add_curve(sdmae::html_report& page) const {
#if defined(PROGRAM_DRAWS)
    page.heading("Training");
    page.picture_file(folder_ / "curve.png", "Loss and accuracy on training batches over the steps");
#else
    static_cast<void>(page);
#endif
  }

  /// Of the model as it is after the last step; figures, printed and in result.json, and the scores of every image.
  void judge(program::tile_reader& reader, nlohmann::ordered_json& report) {
    std::vector<float> scores;
    const auto count = static_cast<index>(classes_.size());
    reader.features(*trainer_, *test_.tiles, 0, plan_.trainer.slice,
                    [&](const float* some, const std::uint64_t*, index images) {
                      scores.insert(scores.end(), some, some + images * count);
                    });
    const std::vector<double> probabilities = program::probabilities(scores, count);
    program::judge(probabilities, test_, classes_,
                   {.replicates = options_.replicates, .level = 0.95, .seed = options_.seed}, report);
    program::write_whole(folder_ / "scores.csv", program::scores_text(probabilities, test_, classes_));
    program::write_whole(folder_ / "result.json", program::report_text(report));
    sdmae::html_report page("Fine-tuned: " + preset_name_ + " on " + options_.data.train);
    program::add_figures(page, report, classes_);
    add_curve(page);
    program::add_map(page, "Scores of the test images", program::mapped_images::of(test_, classes_), scores, count);
    program::add_mistakes(page, test_, probabilities, classes_);
    program::add_settings(page, run_json());
    page.write(folder_ / "report.html");
  }

  const program::finetune_options& options_;
  fs::path folder_, checkpoint_;
  std::string preset_name_;
  const sdmae::registered_classifier& preset_;
  program::labelled_part train_, test_;
  std::vector<std::string> classes_;
  program::finetune_plan plan_;
  std::unique_ptr<sdmae::classifier_trainer> trainer_;
  std::string load_report_, pictures_;  // the name of the curve, if it is drawn
};

void show_augmentations(const program::finetune_options& options) {
  program::check_outputs({{"--show-augmentations", options.show_augmentations}},
                         {{"--init", options.init},
                          {"--train", options.data.train},
                          {"--test", options.data.test},
                          {"--groups", options.data.groups},
                          {"the checkpoint in --out", program::checkpoint_in(options.out).string()}});
  const sdmae::registered_classifier& preset = options.device.find(sdmae::classifier_registry(), options.preset_name());
  const program::reading_settings reading = options.chosen_reading();
  program::labelled_part train;
  options.data.open_learned(train, reading, options.threads);
  program::show_augmentations(options.show_augmentations, *train.tiles,
                              {.shape = preset.image,
                               .augment = options.augmentation(reading),
                               .mixing = options.mixing,
                               .seed = options.seed,
                               .threads = program::threads_of_run(options.threads)});
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Fine-tunes a pre-trained encoder on labelled images, and judges it on others.", "finetune");
  program::finetune_options options;
  options.declare(app);
  return program::run(app, argc, argv, [&] {
    options.settle();
    options.show_augmentations.empty() ? finetuning(options).run() : show_augmentations(options);
  });
}
