// How good a checkpoint's frozen features are: a classifier on those of one data set, judged on those of another.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sdmae/eval/knn.hpp"
#include "sdmae/eval/linear_probe.hpp"
#include "sdmae/eval/metrics.hpp"
#include "sdmae/eval/released_probe.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "support/frozen_features.hpp"
#include "support/program.hpp"

namespace {

using sdmae::index;
namespace eval = sdmae::eval;

struct options {
  std::string checkpoint, preset, train, test, method = "linear", groups, json, filter = "bilinear";
  eval::knn_settings neighbours;
  index folds = 5, replicates = 1000, epochs = 90, batch = 256;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// A data set, what it is called, and its features.
struct part {
  std::string path;
  std::unique_ptr<program::tile_source> tiles;
  std::vector<std::uint64_t> hashes;
  std::vector<float> features;
  std::vector<index> labels, groups;  // groups are numbered over both parts, and empty where none are known

  eval::labelled_features labelled(index width) const { return {features, width, labels, groups}; }
};

void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

void open(part& one, const options& asked, sdmae::interpolation filter) {
  one.tiles = program::open_tiles(one.path, 0, {}, filter, true);
  if (!asked.groups.empty()) one.tiles->groups = sdmae::groups_by_rule(one.tiles->names(), asked.groups);
}

/// The classes of both parts, which must be the same. Numbers labels and groups.
std::vector<std::string> number(part& train, part& test) {
  const std::vector<std::string> classes = sdmae::sorted_words(train.tiles->labels);
  if (classes.size() < 2)
    throw sdmae::error(train.path, "has one class only, \"" + classes[0] + "\"", "a classifier needs at least two");
  train.labels = sdmae::numbered(train.tiles->labels, classes, train.path);
  test.labels = sdmae::numbered(test.tiles->labels, classes, test.path);
  for (std::size_t c = 0; c < classes.size(); ++c)
    if (std::count(test.labels.begin(), test.labels.end(), static_cast<index>(c)) == 0)
      throw sdmae::error(test.path, "has no sample of class \"" + classes[c] + "\"", "give both sets the same classes");
  if (train.tiles->groups.empty() != test.tiles->groups.empty())
    throw sdmae::error(train.tiles->groups.empty() ? train.path : test.path, "names no groups, the other set does",
                       "give a column group in both tables, or --groups");
  std::vector<std::string> all = train.tiles->groups;
  all.insert(all.end(), test.tiles->groups.begin(), test.tiles->groups.end());
  const std::vector<std::string> known = sdmae::sorted_words(all);
  train.groups = sdmae::numbered(train.tiles->groups, known, train.path);
  test.groups = sdmae::numbered(test.tiles->groups, known, test.path);
  return classes;
}

/// Slides on both sides; pictures on both sides. Both are told, for they flatter every figure.
nlohmann::ordered_json overlap(const part& train, const part& test) {
  nlohmann::ordered_json found;
  const std::set<index> known(train.groups.begin(), train.groups.end());
  const std::set<index> asked(test.groups.begin(), test.groups.end());
  const auto shared = std::count_if(asked.begin(), asked.end(), [&](index group) { return known.count(group) > 0; });
  if (test.groups.empty())
    say("no groups are known: neighbouring tiles of one slide may lie in both sets, and intervals take tiles for "
        "independent; name slides with --groups");
  else if (shared > 0)
    say(std::to_string(shared) + " of " + std::to_string(asked.size()) +
        " groups of the test set are also in the training set: figures are too good; split by slide");
  const auto pairs = sdmae::duplicates(train.hashes, test.hashes);
  if (!pairs.empty())
    say(std::to_string(pairs.size()) + " of " + std::to_string(test.labels.size()) +
        " test images are also in the training set, the first is " + test.tiles->name(pairs[0].second) + " = " +
        train.tiles->name(pairs[0].first) + "; remove them");
  found["groups"] = {{"train", known.size()}, {"test", asked.size()}, {"shared", shared}};
  found["duplicates"] = nlohmann::ordered_json::array();
  for (const auto& [first, second] : pairs)
    found["duplicates"].push_back({train.tiles->name(first), test.tiles->name(second)});
  return found;
}

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

void print(const std::vector<eval::figure>& figures, const std::vector<std::string>& classes,
           const eval::confusion_matrix& counts) {
  for (const eval::figure& one : figures)
    std::printf("%-24s %.4f  [%.4f, %.4f]\n", one.name.c_str(), one.value, one.bounds.low, one.bounds.high);
  std::printf("\n%-24s", "true \\ predicted");
  for (const std::string& name : classes) std::printf(" %10.10s", name.c_str());
  for (index t = 0; t < counts.classes(); ++t) {
    std::printf("\n%-24.24s", classes[static_cast<std::size_t>(t)].c_str());
    for (index p = 0; p < counts.classes(); ++p) std::printf(" %10.0f", counts.at(t, p));
  }
  std::printf("\n");
}

void evaluate(const options& asked) {
  const auto filter = asked.filter == "bicubic" ? sdmae::interpolation::bicubic : sdmae::interpolation::bilinear;
  part train, test;
  train.path = asked.train;
  test.path = asked.test;
  open(train, asked, filter);
  open(test, asked, filter);
  const std::vector<std::string> classes = number(train, test);
  const auto count = static_cast<index>(classes.size());
  if (asked.method == "linear" && eval::count_groups(train.labels, train.groups) < 2)
    throw sdmae::error(train.path, "is one group, which cross-validation cannot cut", "give finer --groups, or none");
  std::optional<sdmae::atomic_file> json;  // before the work: a bad path costs nothing
  if (!asked.json.empty()) json.emplace(asked.json);
  program::frozen_encoder encoder(asked.checkpoint, asked.preset, asked.threads, filter);
  take_features(train, encoder);
  take_features(test, encoder);

  nlohmann::ordered_json report{{"checkpoint", asked.checkpoint},
                                {"preset", encoder.preset()},
                                {"train", asked.train},
                                {"train_images", train.labels.size()},
                                {"test", asked.test},
                                {"test_images", test.labels.size()},
                                {"interpolation", asked.filter},
                                {"seed", asked.seed},
                                {"method", asked.method},
                                {"classes", classes}};
  report.update(overlap(train, test));
  const std::vector<double> scores = classify(asked, train, test, count, encoder.width(), report);
  std::vector<eval::figure> figures = eval::judge(scores, test.labels, count, test.groups,
                                                  {.replicates = asked.replicates, .level = 0.95, .seed = asked.seed});
  const eval::confusion_matrix counts(test.labels, eval::best_class(scores, count), count);
  for (index c = 0; c < count; ++c)
    figures[figures.size() - classes.size() + static_cast<std::size_t>(c)].name =
        "f1 " + classes[static_cast<std::size_t>(c)];
  for (const eval::figure& one : figures)
    report["figures"][one.name] = {{"value", one.value}, {"low", one.bounds.low}, {"high", one.bounds.high}};
  for (index t = 0; t < count; ++t)
    for (index p = 0; p < count; ++p)
      report["confusion"][static_cast<std::size_t>(t)].push_back(static_cast<index>(counts.at(t, p)));
  if (json) {
    json->write(report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    json->commit();
  }
  print(figures, classes, counts);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Judges a checkpoint's frozen features: a classifier learns on --train and is tried on --test.",
               "evaluate");
  options asked;
  constexpr sdmae::index most = 1'000'000;
  const char* const data = "a subfolder for each class, table (.csv: path,label,group), or PCam's HDF5 (.h5)";
  app.add_option("--checkpoint", asked.checkpoint, "safetensors file with weights in released names")->required();
  app.add_option("--train", asked.train, data)->required();
  app.add_option("--test", asked.test, "the same kinds; nothing is tuned on it")->required();
  app.add_option("--method", asked.method,
                 "linear: logistic regression, its strength chosen by cross-validation on --train; knn: nearest "
                 "neighbours by cosine; probe: the released recipe (linear)")
      ->check(CLI::IsMember({"linear", "knn", "probe"}));
  app.add_option("--groups", asked.groups,
                 "slides: a regular expression for file names, such as \"^([^_]+)_\", or a table (.csv: path,group)");
  app.add_option("--json", asked.json, "write everything into this file, too");
  app.add_option("--preset", asked.preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
  app.add_option("--interpolation", asked.filter, "how images are resized (bilinear)")
      ->check(CLI::IsMember({"bilinear", "bicubic"}));
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
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  return program::run(app, argc, argv, [&] { evaluate(asked); });
}
