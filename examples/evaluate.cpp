// How good a checkpoint's frozen features are: a classifier on those of one data set, judged on those of another.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/eval/knn.hpp"
#include "sdmae/eval/linear_probe.hpp"
#include "sdmae/eval/released_probe.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "support/frozen_features.hpp"
#include "support/judgement.hpp"
#include "support/labelled_options.hpp"
#include "support/output_files.hpp"
#include "support/program.hpp"
#include "support/reading_options.hpp"
#include "support/report_page.hpp"

namespace {

using sdmae::index;
namespace eval = sdmae::eval;

/// --method, and the options of single methods.
class method_options {
 public:
  explicit method_options(const CLI::Option* method) : method_(method) {}
  void add(const char* method, const CLI::Option* option) { options_.emplace_back(method, option); }

  /// Throws CLI::ValidationError where one was given that is of another method than the chosen one.
  void check(const std::string& chosen) const {
    for (const auto& [method, option] : options_)
      if (method != chosen) refuse(option, "of --method " + chosen);
  }
  /// The same where none is chosen, for a classifier is judged as it is.
  void check_none() const {
    const std::string here = "for a checkpoint that is a classifier";
    refuse(method_, here);
    for (const auto& [method, option] : options_) refuse(option, here);
  }

 private:
  static void refuse(const CLI::Option* option, const std::string& here) {
    if (option->count() > 0) throw CLI::ValidationError(option->get_name() + " is not " + here);
  }

  const CLI::Option* method_;
  std::vector<std::pair<std::string, const CLI::Option*>> options_;
};

struct options {
  std::string checkpoint, preset, method = "linear", strength = "least-loss", json, scores, held_out, report;
  eval::knn_settings neighbours;
  index folds = 5, replicates = 1000, epochs = 90, batch = 256;
  std::uint64_t seed = 0;
  program::labelled_options data;
  program::reading_options reading;
  program::device_options device;
  int threads = 0;
};

/// A data set and its features.
struct part : program::labelled_part {
  std::vector<float> features;

  eval::labelled_features labelled(index width) const { return {features, width, labels, groups}; }
};

void take_features(part& one, program::frozen_encoder& encoder) {
  encoder.run(*one.tiles, 0, [&](const float* features, const std::uint64_t* hashes, index count) {
    one.features.insert(one.features.end(), features, features + count * encoder.width());
    one.hashes.insert(one.hashes.end(), hashes, hashes + count);
  });
}

/// Scores [test samples, classes]; what was chosen on the way goes into `report`, and what cross-validation says of the
/// training set, where there is one, into `held_out`.
std::vector<double> classify(const options& asked, const part& train, const part& test, index classes, index width,
                             nlohmann::ordered_json& report, std::vector<double>& held_out) {
  const eval::labelled_features known = train.labelled(width);
  const eval::feature_matrix x = test.labelled(width).matrix();
  if (asked.method == "knn") {
    eval::knn_settings how = asked.neighbours;
    how.threads = asked.threads;
    report["neighbours"] = std::min(how.neighbours, known.size());
    report["temperature"] = how.temperature;
    return eval::knn_scores(known, x, classes, how);
  }
  if (asked.method == "probe") {
    report["epochs"] = asked.epochs;
    report["batch"] = asked.batch;
    return eval::fit_released_probe(known, classes, {.epochs = asked.epochs, .batch = asked.batch, .seed = asked.seed})
        .scores(x);
  }
  eval::chosen_strength_settings how;
  how.folds = asked.folds;
  how.seed = asked.seed;
  how.threads = asked.threads;
  how.keep_held_out = !asked.held_out.empty();
  if (asked.strength == "one-se") how.rule = eval::strength_rule::one_standard_error;
  eval::chosen_logistic chosen = eval::fit_chosen_logistic(known, classes, how);
  held_out = std::move(chosen.held_out);
  report["strength"] = chosen.strength;
  report["strength_rule"] = asked.strength;
  report["standard_error"] = chosen.standard_error;
  report["held_out_losses"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < how.strengths.size(); ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "%g", how.strengths[i]);
    report["held_out_losses"][name] = chosen.losses[i];
  }
  return chosen.classifier.scores(x);
}

/// A test set, what a classifier says of it, and what its answers rest on.
struct judged {
  part test;
  std::vector<std::string> classes;
  std::vector<double> scores;  // [samples, classes], probabilities
  std::string held_out;        // of the training set, a table as scores' is; empty: not made
  index width = 0;             // of test.features
  std::string title, mapped;   // of the page, and of its map
};

void begin_report(const options& asked, const program::frozen_encoder& encoder, nlohmann::ordered_json& report) {
  report = {{"checkpoint", asked.checkpoint}, {"preset", encoder.preset()}};
  asked.data.tell(report);
  asked.reading.tell(report, encoder.reading().normalise_stain);
  report.update({{"backend", asked.device.backend}, {"precision", asked.device.precision}, {"seed", asked.seed}});
}

/// By a classifier on the frozen features, which is fitted to the training set.
judged by_fitted(const options& asked, nlohmann::ordered_json& report) {
  judged found;
  part train;
  const program::reading_settings reading = asked.reading.chosen(asked.checkpoint);
  found.classes = asked.data.open(train, found.test, reading, asked.threads);
  if (asked.method == "linear" && eval::count_groups(train.labels, train.groups) < 2)
    throw sdmae::error(train.path, "is one group, which cross-validation cannot cut", "give finer --groups, or none");
  program::frozen_encoder encoder(asked.checkpoint, asked.preset, asked.threads, reading, asked.device);
  take_features(train, encoder);
  take_features(found.test, encoder);
  begin_report(asked, encoder, report);
  report.update({{"train_images", train.labels.size()},
                 {"test_images", found.test.labels.size()},
                 {"method", asked.method},
                 {"classes", found.classes}});
  report.update(program::overlap(train, found.test));
  found.title = "Frozen features of " + asked.checkpoint;
  found.mapped = "Features of the test images";
  found.width = encoder.width();
  std::vector<double> held_out;
  found.scores =
      classify(asked, train, found.test, static_cast<index>(found.classes.size()), found.width, report, held_out);
  if (!asked.held_out.empty()) found.held_out = program::scores_text(held_out, train, found.classes);
  return found;
}

/// By the classifier that the checkpoint is.
judged by_itself(const options& asked, const std::vector<std::string>& classes, nlohmann::ordered_json& report) {
  judged found;
  found.classes = classes;
  const program::reading_settings reading = asked.reading.chosen(asked.checkpoint);
  asked.data.open_test(found.test, classes, reading, asked.threads);
  program::frozen_encoder encoder(asked.checkpoint, asked.preset, asked.threads, reading, asked.device, true);
  take_features(found.test, encoder);
  begin_report(asked, encoder, report);
  report.update({{"test_images", found.test.labels.size()}, {"method", "classifier"}, {"classes", classes}});
  report["groups"]["test"] = sdmae::sorted_words(found.test.tiles->groups).size();
  found.width = encoder.width();
  found.scores = program::probabilities(found.test.features, found.width);
  found.title = "Classifier " + asked.checkpoint;
  found.mapped = "Scores of the test images";
  return found;
}

/// Files that are there when everything has come out, or not at all. Opened before the work: a bad path costs nothing.
class outputs {
 public:
  explicit outputs(const options& asked) {
    program::check_outputs({{"--json", asked.json},
                            {"--scores", asked.scores},
                            {"--held-out", asked.held_out},
                            {"--report", asked.report}},
                           {{"--checkpoint", asked.checkpoint},
                            {"--train", asked.data.train},
                            {"--test", asked.data.test},
                            {"--groups", asked.data.groups}});
    if (!asked.json.empty()) json_.emplace(asked.json);
    if (!asked.scores.empty()) scores_.emplace(asked.scores);
    if (!asked.held_out.empty()) held_out_.emplace(asked.held_out);
    if (!asked.report.empty()) page_.emplace(asked.report);
  }

  void write(const judged& found, const nlohmann::ordered_json& report) {
    if (page_) {
      sdmae::html_report page(found.title);
      program::add_figures(page, report, found.classes);
      program::add_map(page, found.mapped, program::mapped_images::of(found.test, found.classes), found.test.features,
                       found.width);
      program::add_mistakes(page, found.test, found.scores, found.classes);
      program::add_settings(page, report);
      page.write(*page_);
    }
    if (scores_) {
      scores_->write(program::scores_text(found.scores, found.test, found.classes));
      scores_->commit();
    }
    if (held_out_) {
      held_out_->write(found.held_out);
      held_out_->commit();
    }
    if (json_) {
      json_->write(program::report_text(report));
      json_->commit();
    }
  }

 private:
  std::optional<sdmae::atomic_file> json_, scores_, held_out_, page_;
};

void evaluate(const options& asked, const method_options& of_methods) {
  outputs files(asked);
  nlohmann::ordered_json report;
  const std::vector<std::string> trained = program::classes_of_checkpoint(asked.checkpoint);
  trained.empty() ? of_methods.check(asked.method) : of_methods.check_none();
  const judged found = trained.empty() ? by_fitted(asked, report) : by_itself(asked, trained, report);
  program::judge(found.scores, found.test, found.classes,
                 {.replicates = asked.replicates, .level = 0.95, .seed = asked.seed}, report);
  files.write(found, report);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Judges a checkpoint's frozen features: a classifier learns on --train and is tried on --test. A checkpoint of "
      "finetune is a classifier already, and is tried on --test as it is.",
      "evaluate");
  options asked;
  constexpr sdmae::index most = 1'000'000;
  app.add_option("--checkpoint", asked.checkpoint, "safetensors file with weights in released names")->required();
  asked.data.declare(app);
  asked.reading.declare(app, "features", "as the checkpoint was trained");
  method_options of_methods(
      app.add_option("--method", asked.method,
                     "linear: logistic regression, its strength chosen by cross-validation on --train; knn: nearest "
                     "neighbours by cosine; probe: the released recipe (linear)")
          ->check(CLI::IsMember({"linear", "knn", "probe"})));
  app.add_option("--json", asked.json, "write everything into this file, too")->check(program::not_empty());
  app.add_option("--scores", asked.scores,
                 "write a table (.csv) of the test images: path,label,group and each class's probability, for compare")
      ->check(program::not_empty());
  app.add_option("--report", asked.report,
                 "write a page (.html) with figures, a map of features and the surest mistakes")
      ->check(program::not_empty());
  app.add_option("--preset", asked.preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
  of_methods.add("knn", app.add_option("--neighbours", asked.neighbours.neighbours, "knn: how many vote (20)")
                            ->check(program::whole<sdmae::index>(1, most)));
  of_methods.add("knn", app.add_option("--temperature", asked.neighbours.temperature, "knn: of the votes (0.07)")
                            ->check(program::within(0, 1000, true)));
  of_methods.add("linear", app.add_option("--folds", asked.folds, "linear: of the cross-validation (5)")
                               ->check(program::whole<sdmae::index>(2, 1000)));
  of_methods.add(
      "linear", app.add_option("--strength", asked.strength,
                               "linear: that with the least-loss on what is held out, or, one-se, the most regularised "
                               "within a standard error of it, for test slides unlike those of --train (least-loss)")
                    ->check(CLI::IsMember({"least-loss", "one-se"})));
  of_methods.add("linear", app.add_option("--held-out", asked.held_out,
                                          "linear: write a table like --scores of the training images, each by a "
                                          "classifier that has not seen its group; "
                                          "the strength is the chosen one; for compare")
                               ->check(program::not_empty()));
  of_methods.add("probe",
                 app.add_option("--epochs", asked.epochs, "probe: (90)")->check(program::whole<sdmae::index>(1, most)));
  of_methods.add("probe", app.add_option("--batch", asked.batch, "probe: samples a step (256)")
                              ->check(program::whole<sdmae::index>(2, most)));
  app.add_option("--replicates", asked.replicates, "of the bootstrap (1000)")
      ->check(program::whole<sdmae::index>(1, most));
  app.add_option("--seed", asked.seed, "of folds, probe and bootstrap (0)")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  asked.device.declare(app);
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  return program::run(app, argc, argv, [&] { evaluate(asked, of_methods); });
}
