// The pages that programs leave: what was asked for, what came out, and pictures to believe it by.
#pragma once

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <vector>

#include "labelled_part.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/data/encode.hpp"
#include "sdmae/eval/principal_components.hpp"
#include "sdmae/io/html_report.hpp"
#include "sdmae/io/svg_scatter.hpp"

namespace program {

/// Settings, one a row: numbers, words and lists of them. What is nested, or was not set, is left to the JSON file.
inline void add_settings(sdmae::html_report& page, const nlohmann::ordered_json& settings) {
  const auto text = [](const nlohmann::ordered_json& value) {
    return value.is_string() ? value.get<std::string>()
                             : value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : settings.items()) {
    const bool nested = value.is_array() && (value.empty() || value.front().is_structured());
    if (value.is_object() || value.is_null() || nested || key == "notes") continue;  // those stand beside the figures
    std::string cell = value.is_array() ? "" : text(value);
    if (value.is_array())
      for (const auto& one : value) cell += (cell.empty() ? "" : ", ") + text(one);
    rows.push_back({key, cell});
  }
  page.heading("Settings");
  page.table({"setting", "value"}, rows, true);
}

/// What intervals are by.
inline std::string group_note(const nlohmann::ordered_json& report) {
  const auto groups = report.at("groups").at("test").get<sdmae::index>();
  return std::to_string(report.at("test_images").get<sdmae::index>()) + " images" +
         (groups > 0 ? " of " + std::to_string(groups) + " groups (slides, say); intervals: these are drawn anew"
                     : "; intervals: images are drawn anew, as if none came from the same slide") +
         ", 95 % bootstrap.";
}

/// Figures with their intervals, and what was taken for what, from a report of judge().
inline void add_figures(sdmae::html_report& page, const nlohmann::ordered_json& report,
                        const std::vector<std::string>& classes) {
  const auto text = [](double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.4f", value);
    return std::string(digits);
  };
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, figure] : report.at("figures").items()) {
    const auto number = [&, &one = figure](const char* key) {
      return one.at(key).is_number() ? text(one.at(key).get<double>()) : std::string("–");
    };
    rows.push_back({name, number("value"), number("low") + " to " + number("high")});
  }
  page.heading("On the test set");
  page.paragraph(group_note(report));
  for (const auto& line : report.value("notes", nlohmann::ordered_json::array()))
    page.paragraph(line.get<std::string>());
  page.table({"figure", "value", "95 % interval"}, rows);

  page.heading("What was taken for what");
  std::vector<std::string> columns{"true \\ predicted"};
  columns.insert(columns.end(), classes.begin(), classes.end());
  rows.clear();
  for (std::size_t t = 0; t < classes.size(); ++t) {
    rows.push_back({classes[t]});
    for (const auto& count : report.at("confusion").at(t)) rows.back().push_back(count.dump());
  }
  page.table(columns, rows);
}

/// The mistakes that the classifier was surest of. scores: [samples, classes]
inline void add_mistakes(sdmae::html_report& page, const labelled_part& test, const std::vector<double>& scores,
                         const std::vector<std::string>& classes) {
  using sdmae::index;
  struct mistake {
    index sample, taken_for;
    double lead;  // of the score over the true class's
  };
  std::vector<mistake> mistakes;
  const std::size_t count = classes.size();
  for (std::size_t i = 0; i < test.labels.size(); ++i) {
    const auto row = scores.begin() + static_cast<std::ptrdiff_t>(i * count);
    const auto best = std::max_element(row, row + static_cast<std::ptrdiff_t>(count)) - row;
    if (best != test.labels[i]) mistakes.push_back({static_cast<index>(i), best, row[best] - row[test.labels[i]]});
  }
  std::stable_sort(mistakes.begin(), mistakes.end(), [](const auto& a, const auto& b) { return a.lead > b.lead; });
  page.heading("Surest mistakes");
  page.paragraph(std::to_string(mistakes.size()) + " of " + std::to_string(test.labels.size()) +
                 " images were taken for another class" + (mistakes.empty() ? "." : "; these by most:"));
  if (mistakes.size() > 12) mistakes.resize(12);
  constexpr index side = 144;
  sdmae::augmentation whole;
  whole.part = sdmae::cropping::center;
  page.begin_gallery();
  for (const mistake& one : mistakes) {
    sdmae::image8 small(side, side);
    sdmae::augment(test.tiles->load(one.sample).image, whole, 0, 0, one.sample, side, side, small.pixels.data());
    const std::vector<std::uint8_t> png = sdmae::encode_png(small);
    page.picture({reinterpret_cast<const char*>(png.data()), png.size()},
                 classes[static_cast<std::size_t>(test.labels[static_cast<std::size_t>(one.sample)])] + " taken for " +
                     classes[static_cast<std::size_t>(one.taken_for)] + ": " + test.tiles->name(one.sample));
  }
  page.end_gallery();
}

/// Images, and what is drawn of each: its name, and its class where classes are known.
struct mapped_images {
  std::vector<std::string> names, classes;
  std::vector<sdmae::index> labels;  // numbers of `classes`

  static mapped_images of(const labelled_part& part, const std::vector<std::string>& classes) {
    return {part.tiles->names(), classes, part.labels};
  }
};

/// Where the rows [images, width] of images lie: along the directions in which they spread most. `what` they are: the
/// features of test images, say.
inline void add_map(sdmae::html_report& page, const std::string& what, const mapped_images& images,
                    const std::vector<float>& values, sdmae::index width) {
  const auto samples = static_cast<sdmae::index>(images.names.size());
  if (samples < 2 || width < 2) return;
  const sdmae::eval::feature_matrix rows(values.data(), samples, width);
  const auto found = sdmae::eval::find_principal_components(rows, 2);
  const sdmae::eval::double_matrix places = found.project(rows);
  const auto axis = [&](int k) {
    char text[64];
    std::snprintf(text, sizeof text, "principal component %d (%.0f %% of the variance)", k + 1,
                  100 * found.variances(k) / std::max(found.variance_of_all, 1e-300));
    return std::string(text);
  };
  sdmae::scatter map{what + " along their first two principal components", axis(0), axis(1), images.classes, {}};
  for (sdmae::index i = 0; i < samples; ++i) {
    const auto at = static_cast<std::size_t>(i);
    map.points.push_back({places(i, 0), places(i, 1), images.labels.empty() ? 0 : images.labels[at], images.names[at]});
  }
  page.heading("Where images lie");
  page.paragraph(map.says + ".");
  page.markup("<figure>" + sdmae::svg_scatter(map) + "</figure>\n");
}

}  // namespace program
