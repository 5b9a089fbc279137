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
#include "support/group_notes.hpp"
#include "support/output_files.hpp"
#include "support/program.hpp"
#include "support/report_text.hpp"
#include "support/score_file.hpp"

namespace {

using sdmae::index;
namespace eval = sdmae::eval;

struct options {
  std::vector<std::string> first, second, without_group;
  std::string rest, json;
  index replicates = 1000;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Tables of the same images, in the same order; their scores may differ.
class score_tables {
 public:
  explicit score_tables(const std::vector<std::string>& left_out) : left_out_(left_out) {}

  /// Throws sdmae::error for a file that is no such table, lacks a group that is left out, or is of other images than
  /// the first was.
  void add(const std::string& file) {
    program::score_table table = program::without_groups(program::read_scores(file), left_out_, file);
    if (file_.empty()) {
      file_ = file;
      images_ = table;
    }
    check_same_images(file, table);
    scores_.push_back(std::move(table.scores));
  }

  /// What is said of the images in all of them.
  const program::score_table& images() const { return images_; }
  const std::string& file() const { return file_; }
  /// Those of the tables from number `first` on.
  eval::score_runs runs(std::size_t first, std::size_t count) const {
    const auto from = scores_.begin() + static_cast<std::ptrdiff_t>(first);
    return {from, from + static_cast<std::ptrdiff_t>(count)};
  }

 private:
  void check_same_images(const std::string& file, const program::score_table& table) const {
    const auto part = [&](const std::string& what) {
      throw sdmae::error(file, what + " than " + file_, "judge both classifiers on the same test set");
    };
    if (images_.classes != table.classes) part("has other columns of classes");
    if (images_.size() != table.size()) part("has " + std::to_string(table.size()) + " images, another number");
    for (std::size_t i = 0; i < table.size(); ++i) {
      const std::string row = "row " + std::to_string(i + 1) + ", " + table.paths[i] + ", ";
      if (images_.paths[i] != table.paths[i]) part(row + "is of another image");
      if (images_.labels[i] != table.labels[i]) part(row + "has another label");
    }
    if (images_.groups != table.groups) part("has other groups");
  }

  std::vector<std::string> left_out_;  // groups
  std::string file_;
  program::score_table images_;
  eval::score_runs scores_;
};

/// What the two are judged by: their scores, over all classes or of one against the rest.
struct task {
  eval::score_runs first, second;
  std::vector<index> truth, groups;
  std::vector<std::string> classes;
};

task task_of(const options& asked, const score_tables& tables) {
  const program::score_table& images = tables.images();
  const auto classes = static_cast<index>(images.classes.size());
  task found{tables.runs(0, asked.first.size()), tables.runs(asked.first.size(), asked.second.size()),
             sdmae::numbered(images.labels, images.classes, tables.file()),
             sdmae::numbered(images.groups, sdmae::sorted_words(images.groups), tables.file()), images.classes};
  if (asked.rest.empty()) return found;
  const auto chosen = std::find(images.classes.begin(), images.classes.end(), asked.rest) - images.classes.begin();
  if (chosen == classes)
    throw sdmae::error(tables.file(), "has no class \"" + asked.rest + "\"", "name one of its columns with --rest");
  std::vector<index> against;
  for (eval::score_runs* side : {&found.first, &found.second})
    for (std::vector<double>& scores : *side) {
      eval::two_class_task one = eval::against_rest(scores, found.truth, classes, chosen);
      scores = std::move(one.scores);
      against = std::move(one.truth);
    }
  found.truth = std::move(against);
  found.classes = {"any but " + asked.rest, asked.rest};
  return found;
}

void print(const std::vector<eval::paired_figure>& figures) {
  std::printf("%-20s %8s %8s %11s  %s\n", "", "first", "second", "difference", "95 % interval");
  for (const eval::paired_figure& one : figures)
    std::printf("%-20s %8.4f %8.4f %+11.4f  [%+.4f, %+.4f]\n", one.name.c_str(), one.first, one.second, one.difference,
                one.bounds.low, one.bounds.high);
}

nlohmann::ordered_json report_of(const options& asked, const program::score_table& table,
                                 const std::vector<eval::paired_figure>& figures) {
  nlohmann::ordered_json report{{"first", asked.first},
                                {"second", asked.second},
                                {"images", table.size()},
                                {"groups", sdmae::sorted_words(table.groups).size()},
                                {"classes", table.classes},
                                {"rest", program::or_null(asked.rest)},
                                {"without_group", asked.without_group},
                                {"replicates", asked.replicates},
                                {"seed", asked.seed}};
  for (const eval::paired_figure& one : figures)
    report["figures"][one.name] = {{"first", one.first},
                                   {"second", one.second},
                                   {"difference", one.difference},
                                   {"low", one.bounds.low},
                                   {"high", one.bounds.high},
                                   {"first_low", one.of_first.low},
                                   {"first_high", one.of_first.high},
                                   {"second_low", one.of_second.low},
                                   {"second_high", one.of_second.high}};
  return report;
}

void compare(const options& asked) {
  std::vector<program::named_path> tables_read;
  for (const std::string& file : asked.first) tables_read.emplace_back("--first", file);
  for (const std::string& file : asked.second) tables_read.emplace_back("--second", file);
  program::check_outputs({{"--json", asked.json}}, tables_read);
  std::optional<sdmae::atomic_file> json;  // before the work: a bad path costs nothing
  if (!asked.json.empty()) json.emplace(asked.json);
  score_tables tables(asked.without_group);
  for (const auto& [option, file] : tables_read) tables.add(file);
  const task judged = task_of(asked, tables);
  auto notes = nlohmann::ordered_json::object();
  for (const std::string& line : program::group_notes(judged.truth, judged.groups, judged.classes))
    program::note(notes, line);
  std::vector<eval::paired_figure> figures =
      eval::compare(judged.first, judged.second, judged.truth, static_cast<index>(judged.classes.size()), judged.groups,
                    {.replicates = asked.replicates, .level = 0.95, .seed = asked.seed});
  const std::vector<std::string> told{"accuracy",        "balanced_accuracy", "macro_f1", "kappa",
                                      "kappa_quadratic", "roc_auc",           "pr_auc"};
  figures.erase(std::remove_if(figures.begin(), figures.end(),
                               [&](const eval::paired_figure& one) {
                                 return std::find(told.begin(), told.end(), one.name) == told.end();
                               }),
                figures.end());
  if (asked.first.size() + asked.second.size() > 2)
    std::printf("means over %zu and %zu runs; intervals say nothing of other seeds\n", asked.first.size(),
                asked.second.size());
  if (!asked.without_group.empty()) std::printf("judged on the %zu images that are left\n", tables.images().size());
  print(figures);
  if (json) {
    nlohmann::ordered_json report = report_of(asked, tables.images(), figures);
    report.update(notes);
    json->write(program::report_text(report));
    json->commit();
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Compares two classifiers on the same images, from the tables that evaluate --scores, evaluate --held-out and "
      "finetune write: differences, second less first, with their paired intervals by slide.",
      "compare");
  options asked;
  app.add_option("--first", asked.first,
                 "table (.csv): path,label,group and each class's probability; several, of runs with several seeds: "
                 "the mean of their figures is judged")
      ->required();
  app.add_option("--second", asked.second, "the same of the other classifier")->required();
  app.add_option("--rest", asked.rest, "judge this class against all others, pooled")->check(program::not_empty());
  app.add_option("--without-group", asked.without_group,
                 "judge without the images of this group, say a slide that has most of a class; as often as wanted")
      ->check(program::not_empty());
  app.add_option("--replicates", asked.replicates, "of the bootstrap (1000)")
      ->check(program::whole<sdmae::index>(1, 1'000'000));
  app.add_option("--seed", asked.seed, "of the bootstrap (0)")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  app.add_option("--json", asked.json, "write everything into this file, too")->check(program::not_empty());
  app.add_option("--threads", asked.threads, "taken like by every program; one does all")
      ->check(program::whole(1, 1024));
  return program::run(app, argc, argv, [&] { compare(asked); });
}
