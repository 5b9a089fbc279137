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
#include "support/evaluate_options.hpp"
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
using program::evaluate_options;

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

std::string short_text(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", number);
  return text;
}

/// The logistic regression that --method linear asks for. What was chosen on the way goes into `report`.
eval::chosen_logistic chosen_classifier(const evaluate_options& asked, const part& train,
                                        const std::vector<std::string>& classes, index width,
                                        nlohmann::ordered_json& report) {
  eval::chosen_strength_settings how;
  how.folds = asked.how.folds;
  how.seed = asked.seed;
  how.threads = asked.threads;
  how.keep_held_out = !asked.how.held_out.empty();
  if (asked.how.strength == "one-se") how.rule = eval::strength_rule::one_standard_error;
  eval::chosen_logistic chosen =
      eval::fit_chosen_logistic(train.labelled(width), static_cast<index>(classes.size()), how);
  report["strength"] = chosen.strength;
  report["strength_rule"] = asked.how.strength;
  report["standard_error"] = chosen.standard_error;
  report["held_out_losses"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < how.strengths.size(); ++i)
    report["held_out_losses"][short_text(how.strengths[i])] = chosen.losses[i];
  const bool at_edge = chosen.strength == how.strengths.front() || chosen.strength == how.strengths.back();
  program::say("strength " + short_text(chosen.strength) + (at_edge ? ", at the edge of " : ", of ") +
               short_text(how.strengths.front()) + " to " + short_text(how.strengths.back()));
  const auto all = static_cast<index>(train.labels.size()), judged = static_cast<index>(chosen.judged.size());
  if (judged < all)
    program::note(report, std::to_string(all - judged) + " of " + std::to_string(all) +
                              " training images have no say in the strength: held out with their groups, they leave "
                              "none of their class, or no other one; give classes of more groups");
  return chosen;
}

/// Scores [test samples, classes]; what was chosen on the way goes into `report`, and what cross-validation says of the
/// training set, where that was asked for, into `held_out`.
std::vector<double> classify(const evaluate_options& asked, const part& train, const part& test,
                             const std::vector<std::string>& names, index width, nlohmann::ordered_json& report,
                             std::string& held_out) {
  const auto classes = static_cast<index>(names.size());
  const eval::labelled_features known = train.labelled(width);
  const eval::feature_matrix x = test.labelled(width).matrix();
  if (asked.how.method == "knn") {
    eval::knn_settings how = asked.how.neighbours;
    how.threads = asked.threads;
    report["neighbours"] = std::min(how.neighbours, known.size());
    report["temperature"] = how.temperature;
    return eval::knn_scores(known, x, classes, how);
  }
  if (asked.how.method == "probe") {
    report["epochs"] = asked.how.epochs;
    report["batch"] = asked.how.batch;
    return eval::fit_released_probe(known, classes,
                                    {.epochs = asked.how.epochs, .batch = asked.how.batch, .seed = asked.seed})
        .scores(x);
  }
  const eval::chosen_logistic chosen = chosen_classifier(asked, train, names, width, report);
  if (!asked.how.held_out.empty()) held_out = program::scores_text(chosen.held_out, train, names);
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

void begin_report(const evaluate_options& asked, const program::frozen_encoder& encoder,
                  nlohmann::ordered_json& report) {
  report = {{"checkpoint", asked.checkpoint}, {"preset", encoder.preset()}};
  asked.data.tell(report);
  asked.reading.tell(report, encoder.reading().normalise_stain);
  report.update({{"backend", asked.device.backend}, {"precision", asked.device.precision}, {"seed", asked.seed}});
}

/// By a classifier on the frozen features, which is fitted to the training set.
judged by_fitted(const evaluate_options& asked, nlohmann::ordered_json& report) {
  judged found;
  part train;
  const program::reading_settings reading = asked.reading.chosen(asked.checkpoint);
  found.classes = asked.data.open(train, found.test, reading, asked.threads);
  if (asked.how.method == "linear" && eval::count_groups(train.labels, train.groups) < 2)
    throw sdmae::error(train.path, "is one group, which cross-validation cannot cut", "give finer --groups, or none");
  program::frozen_encoder encoder(asked.checkpoint, asked.preset, asked.threads, reading, asked.device);
  take_features(train, encoder);
  take_features(found.test, encoder);
  begin_report(asked, encoder, report);
  report.update({{"train_images", train.labels.size()},
                 {"test_images", found.test.labels.size()},
                 {"method", asked.how.method},
                 {"classes", found.classes}});
  report.update(program::overlap(train, found.test));
  found.title = "Frozen features of " + asked.checkpoint;
  found.mapped = "Features of the test images";
  found.width = encoder.width();
  found.scores = classify(asked, train, found.test, found.classes, found.width, report, found.held_out);
  return found;
}

/// By the classifier that the checkpoint is.
judged by_itself(const evaluate_options& asked, const std::vector<std::string>& classes,
                 nlohmann::ordered_json& report) {
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
  explicit outputs(const evaluate_options& asked) {
    program::check_outputs({{"--json", asked.json},
                            {"--scores", asked.scores},
                            {"--held-out", asked.how.held_out},
                            {"--report", asked.report}},
                           {{"--checkpoint", asked.checkpoint},
                            {"--train", asked.data.train},
                            {"--test", asked.data.test},
                            {"--groups", asked.data.groups}});
    open(page_, asked.report);
    open(scores_, asked.scores);
    open(held_out_, asked.how.held_out);
    open(json_, asked.json);
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
    if (!names_.empty()) program::say("wrote " + names_);
  }

 private:
  void open(std::optional<sdmae::atomic_file>& file, const std::string& path) {
    if (path.empty()) return;
    file.emplace(path);
    names_ += (names_.empty() ? "" : ", ") + path;
  }

  std::optional<sdmae::atomic_file> json_, scores_, held_out_, page_;
  std::string names_;
};

void evaluate(const evaluate_options& asked) {
  outputs files(asked);
  nlohmann::ordered_json report;
  const std::vector<std::string> trained = program::classes_of_checkpoint(asked.checkpoint);
  trained.empty() ? asked.how.check() : asked.how.check_none();
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
  program::evaluate_options asked;
  asked.declare(app);
  return program::run(app, argc, argv, [&] { evaluate(asked); });
}
