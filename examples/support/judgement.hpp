// How good a classifier is on a test set: printed, and told in a report.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "group_notes.hpp"
#include "labelled_part.hpp"
#include "report_text.hpp"
#include "score_file.hpp"
#include "sdmae/eval/features.hpp"
#include "sdmae/eval/metrics.hpp"

namespace program {

inline void print_judgement(const std::vector<sdmae::eval::figure>& figures, const std::vector<std::string>& classes,
                            const sdmae::eval::confusion_matrix& counts) {
  for (const sdmae::eval::figure& one : figures)
    std::printf("%-24s %.4f  [%.4f, %.4f]\n", one.name.c_str(), one.value, one.bounds.low, one.bounds.high);
  std::printf("\n%-24s", "true \\ predicted");
  for (const std::string& name : classes) std::printf(" %10.10s", name.c_str());
  for (sdmae::index t = 0; t < counts.classes(); ++t) {
    std::printf("\n%-24.24s", classes[static_cast<std::size_t>(t)].c_str());
    for (sdmae::index p = 0; p < counts.classes(); ++p) std::printf(" %10.0f", counts.at(t, p));
  }
  std::printf("\n");
}

/// Each row of scores [samples, classes] through the softmax.
inline std::vector<double> probabilities(const std::vector<float>& scores, sdmae::index classes) {
  std::vector<double> shares(scores.begin(), scores.end());
  const auto samples = static_cast<sdmae::index>(scores.size()) / classes;
  sdmae::eval::softmax_rows(Eigen::Map<sdmae::eval::double_matrix>(shares.data(), samples, classes));
  return shares;
}

/// Judges scores [samples, classes] of a test set, prints figures with their intervals and what was taken for what, and
/// adds both to the report.
inline void judge(const std::vector<double>& scores, const labelled_part& test, const std::vector<std::string>& classes,
                  const sdmae::eval::bootstrap_settings& settings, nlohmann::ordered_json& report) {
  using sdmae::index;
  const auto count = static_cast<index>(classes.size());
  std::vector<sdmae::eval::figure> figures = sdmae::eval::judge(scores, test.labels, count, test.groups, settings);
  const sdmae::eval::confusion_matrix counts(test.labels, sdmae::eval::best_class(scores, count), count);
  for (index c = 0; c < count; ++c)
    figures[figures.size() - classes.size() + static_cast<std::size_t>(c)].name =
        "f1 " + classes[static_cast<std::size_t>(c)];
  for (const sdmae::eval::figure& one : figures)
    report["figures"][one.name] = {{"value", one.value}, {"low", one.bounds.low}, {"high", one.bounds.high}};
  for (index t = 0; t < count; ++t)
    for (index p = 0; p < count; ++p)
      report["confusion"][static_cast<std::size_t>(t)].push_back(static_cast<index>(counts.at(t, p)));
  print_judgement(figures, classes, counts);
  for (const std::string& line : group_notes(test.labels, test.groups, classes)) note(report, line);
}

/// What `compare` reads: scores [samples, classes] of a data set, and whose they are.
inline std::string scores_text(const std::vector<double>& scores, const labelled_part& part,
                               const std::vector<std::string>& classes) {
  return score_table{classes, part.tiles->names(), part.tiles->labels, part.tiles->groups, scores}.text();
}

}  // namespace program
