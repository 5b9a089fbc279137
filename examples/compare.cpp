// Two classifiers on the same test images: what sets them apart, and whether that is more than chance.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/eval/against_rest.hpp"
#include "sdmae/eval/paired.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "support/program.hpp"
#include "support/report_text.hpp"
#include "support/score_file.hpp"

namespace {

using sdmae::index;
namespace eval = sdmae::eval;

struct options {
  std::string first, second, rest, json;
  index replicates = 1000;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Both tables must be of the same images, in the same order. Throws sdmae::error where they part.
void check_same_images(const options& asked, const program::score_table& first, const program::score_table& second) {
  const auto part = [&](const std::string& what) {
    throw sdmae::error(asked.second, what + " than " + asked.first, "judge both classifiers on the same test set");
  };
  if (first.classes != second.classes) part("has other columns of classes");
  if (first.size() != second.size()) part("has " + std::to_string(second.size()) + " images, another number");
  for (std::size_t i = 0; i < first.size(); ++i) {
    const std::string row = "row " + std::to_string(i + 1) + ", " + second.paths[i] + ", ";
    if (first.paths[i] != second.paths[i]) part(row + "is of another image");
    if (first.labels[i] != second.labels[i]) part(row + "has another label");
  }
  if (first.groups != second.groups) part("has other groups");
}

std::vector<eval::paired_figure> compared(const options& asked, const program::score_table& first,
                                          const program::score_table& second) {
  const auto classes = static_cast<index>(first.classes.size());
  const std::vector<index> truth = sdmae::numbered(first.labels, first.classes, asked.first);
  const std::vector<index> groups = sdmae::numbered(first.groups, sdmae::sorted_words(first.groups), asked.first);
  const eval::bootstrap_settings how{.replicates = asked.replicates, .level = 0.95, .seed = asked.seed};
  if (asked.rest.empty()) return eval::compare(first.scores, second.scores, truth, classes, groups, how);
  const auto chosen = std::find(first.classes.begin(), first.classes.end(), asked.rest) - first.classes.begin();
  if (chosen == classes)
    throw sdmae::error(asked.first, "has no class \"" + asked.rest + "\"", "name one of its columns with --rest");
  const eval::two_class_task one = eval::against_rest(first.scores, truth, classes, chosen);
  const eval::two_class_task other = eval::against_rest(second.scores, truth, classes, chosen);
  return eval::compare(one.scores, other.scores, one.truth, 2, groups, how);
}

void print(const std::vector<eval::paired_figure>& figures) {
  std::printf("%-20s %8s %8s %11s  %s\n", "", "first", "second", "difference", "95 % interval");
  for (const eval::paired_figure& one : figures)
    std::printf("%-20s %8.4f %8.4f %+11.4f  [%+.4f, %+.4f]\n", one.name.c_str(), one.first, one.second, one.difference,
                one.bounds.low, one.bounds.high);
}

nlohmann::ordered_json report_of(const options& asked, const program::score_table& table,
                                 const std::vector<eval::paired_figure>& figures) {
  nlohmann::ordered_json report{
      {"first", asked.first},
      {"second", asked.second},
      {"images", table.size()},
      {"groups", sdmae::sorted_words(table.groups).size()},
      {"classes", table.classes},
      {"rest", asked.rest.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(asked.rest)},
      {"replicates", asked.replicates},
      {"seed", asked.seed}};
  for (const eval::paired_figure& one : figures)
    report["figures"][one.name] = {{"first", one.first},
                                   {"second", one.second},
                                   {"difference", one.difference},
                                   {"low", one.bounds.low},
                                   {"high", one.bounds.high}};
  return report;
}

void compare(const options& asked) {
  std::optional<sdmae::atomic_file> json;  // before the work: a bad path costs nothing
  if (!asked.json.empty()) json.emplace(asked.json);
  const program::score_table first = program::read_scores(asked.first), second = program::read_scores(asked.second);
  check_same_images(asked, first, second);
  std::vector<eval::paired_figure> figures = compared(asked, first, second);
  const std::vector<std::string> told{"accuracy", "balanced_accuracy", "macro_f1", "kappa", "roc_auc"};
  figures.erase(std::remove_if(figures.begin(), figures.end(),
                               [&](const eval::paired_figure& one) {
                                 return std::find(told.begin(), told.end(), one.name) == told.end();
                               }),
                figures.end());
  if (first.groups.empty())
    std::fprintf(stderr,
                 "no groups are known: intervals take tiles for independent, and are too narrow where several "
                 "come from one slide\n");
  print(figures);
  if (json) {
    json->write(program::report_text(report_of(asked, first, figures)));
    json->commit();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Compares two classifiers on the same test images, from the tables that evaluate --scores and finetune write: "
      "differences, second less first, with their paired intervals by slide.",
      "compare");
  options asked;
  app.add_option("--first", asked.first, "table (.csv): path,label,group and each class's probability")->required();
  app.add_option("--second", asked.second, "the same of the other classifier")->required();
  app.add_option("--rest", asked.rest, "judge this class against all others, pooled")->check(program::not_empty());
  app.add_option("--replicates", asked.replicates, "of the bootstrap (1000)")
      ->check(program::whole<sdmae::index>(1, 1'000'000));
  app.add_option("--seed", asked.seed, "of the bootstrap (0)")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  app.add_option("--json", asked.json, "write everything into this file, too");
  app.add_option("--threads", asked.threads, "taken like by every program; one does all")
      ->check(program::whole(1, 1024));
  return program::run(app, argc, argv, [&] { compare(asked); });
}
