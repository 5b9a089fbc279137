// How good a checkpoint's frozen features are: a classifier on those of one data set, judged on those of another.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/eval/knn.hpp"
#include "sdmae/eval/linear_probe.hpp"
#include "sdmae/eval/released_probe.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "support/frozen_features.hpp"
#include "support/judgement.hpp"
#include "support/labelled_options.hpp"
#include "support/program.hpp"
#include "support/report_page.hpp"

namespace {

using sdmae::index;
namespace eval = sdmae::eval;

struct options {
  std::string checkpoint, preset, method = "linear", json, scores, report;
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

/// Scores [test samples, classes]; what was chosen on the way goes into `report`.
std::vector<double> classify(const options& asked, const part& train, const part& test, index classes, index width,
                             nlohmann::ordered_json& report) {
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
  const eval::chosen_logistic chosen = eval::fit_chosen_logistic(known, classes, how);
  report["strength"] = chosen.strength;
  report["held_out_losses"] = nlohmann::ordered_json::object();
  for (std::size_t i = 0; i < how.strengths.size(); ++i) {
    char name[32];
    std::snprintf(name, sizeof name, "%g", how.strengths[i]);
    report["held_out_losses"][name] = chosen.losses[i];
  }
  return chosen.classifier.scores(x);
}

void evaluate(const options& asked) {
  part train, test;
  const std::vector<std::string> classes = asked.data.open(train, test, asked.reading.interpolation(), asked.threads);
  const auto count = static_cast<index>(classes.size());
  if (asked.method == "linear" && eval::count_groups(train.labels, train.groups) < 2)
    throw sdmae::error(train.path, "is one group, which cross-validation cannot cut", "give finer --groups, or none");
  std::optional<sdmae::atomic_file> json, table;  // before the work: a bad path costs nothing
  if (!asked.json.empty()) json.emplace(asked.json);
  if (!asked.scores.empty()) table.emplace(asked.scores);
  program::frozen_encoder encoder(asked.checkpoint, asked.preset, asked.threads, asked.reading, asked.device);
  take_features(train, encoder);
  take_features(test, encoder);

  nlohmann::ordered_json report{{"checkpoint", asked.checkpoint}, {"preset", encoder.preset()}};
  asked.data.tell(report);
  report.update({{"train_images", train.labels.size()},
                 {"test_images", test.labels.size()},
                 {"interpolation", asked.reading.filter},
                 {"crops", asked.reading.crops},
                 {"normalised_stain", encoder.reading().normalise_stain},
                 {"backend", asked.device.backend},
                 {"precision", asked.device.precision},
                 {"seed", asked.seed},
                 {"method", asked.method},
                 {"classes", classes}});
  report.update(program::overlap(train, test));
  const std::vector<double> scores = classify(asked, train, test, count, encoder.width(), report);
  program::judge(scores, test, classes, {.replicates = asked.replicates, .level = 0.95, .seed = asked.seed}, report);
  if (!asked.report.empty()) {
    sdmae::html_report page("Frozen features of " + asked.checkpoint);
    program::add_figures(page, report, classes);
    program::add_map(page, test, test.features, encoder.width(), classes);
    program::add_mistakes(page, test, scores, classes);
    program::add_settings(page, report);
    page.write(asked.report);
  }
  if (table) {
    table->write(program::scores_text(scores, test, classes));
    table->commit();
  }
  if (json) {
    json->write(program::report_text(report));
    json->commit();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Judges a checkpoint's frozen features: a classifier learns on --train and is tried on --test.",
               "evaluate");
  options asked;
  constexpr sdmae::index most = 1'000'000;
  app.add_option("--checkpoint", asked.checkpoint, "safetensors file with weights in released names")->required();
  asked.data.declare(app);
  asked.reading.declare(app, "features", "as the checkpoint was trained");
  app.add_option("--method", asked.method,
                 "linear: logistic regression, its strength chosen by cross-validation on --train; knn: nearest "
                 "neighbours by cosine; probe: the released recipe (linear)")
      ->check(CLI::IsMember({"linear", "knn", "probe"}));
  app.add_option("--json", asked.json, "write everything into this file, too");
  app.add_option("--scores", asked.scores,
                 "write a table (.csv) of the test images: path,label,group and each class's probability, for compare");
  app.add_option("--report", asked.report,
                 "write a page (.html) with figures, a map of features and the surest mistakes")
      ->check(program::not_empty());
  app.add_option("--preset", asked.preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
  app.add_option("--neighbours", asked.neighbours.neighbours, "knn: how many vote (20)")
      ->check(program::whole<sdmae::index>(1, most));
  app.add_option("--temperature", asked.neighbours.temperature, "knn: of the votes (0.07)")
      ->check(program::within(0, 1000, true));
  app.add_option("--folds", asked.folds, "linear: of the cross-validation (5)")
      ->check(program::whole<sdmae::index>(2, 1000));
  app.add_option("--epochs", asked.epochs, "probe: (90)")->check(program::whole<sdmae::index>(1, most));
  app.add_option("--batch", asked.batch, "probe: samples a step (256)")->check(program::whole<sdmae::index>(2, most));
  app.add_option("--replicates", asked.replicates, "of the bootstrap (1000)")
      ->check(program::whole<sdmae::index>(1, most));
  app.add_option("--seed", asked.seed, "of folds, probe and bootstrap (0)")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  asked.device.declare(app);
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  return program::run(app, argc, argv, [&] { evaluate(asked); });
}
