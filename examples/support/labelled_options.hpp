// Options of programs that learn on one labelled data set and are tried on another, or on a part of the same.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "group_notes.hpp"
#include "labelled_part.hpp"
#include "number_text.hpp"
#include "report_text.hpp"
#include "sdmae/eval/folds.hpp"
#include "tile_selection.hpp"
#include "validators.hpp"

namespace program {

struct labelled_options {
  std::string train, test, groups;
  std::optional<double> test_share;
  std::uint64_t split_seed = 0;
  white_option white;

  void declare(CLI::App& app) {
    app.add_option("--train", train,
                   "a subfolder for each class, table (.csv: path,label,group), or PCam's HDF5 (.h5)");
    auto* const other =
        app.add_option("--test", test, "the same kinds; judged once, at the end: nothing is tuned on it; or");
    auto* const share = app.add_option("--test-share", test_share,
                                       "take this share of --train to be tried on: whole groups, every class");
    share->check(within(0.001, 0.999))->excludes(other);
    app.add_option("--split-seed", split_seed, "of --test-share: another seed, another split (0)")
        ->check(whole<std::uint64_t>(0, ~std::uint64_t{0}))
        ->needs(share);
    app.add_option("--groups", groups,
                   "slides: a regular expression for file names, such as \"^([^_]+)_\", or with a / for paths, "
                   "\"/([^/]+)/\", or a table (.csv: path,group); --normalise-stain slide goes by them, too");
    white.declare(app);
  }

  /// What CLI11 cannot see.
  void check() const {
    if (train.empty()) throw CLI::RequiredError("--train");
    if (test.empty() && !test_share) throw CLI::RequiredError("--test, or --test-share,");
  }

  /// Opens both sides; returns their classes, by which their labels are numbered.
  std::vector<std::string> open(labelled_part& learned, labelled_part& tried, const reading_settings& how,
                                int threads) const {
    check();
    learned.open(train, groups, how, white, threads);
    if (test_share)
      split(learned, tried);
    else
      tried.open(test, groups, how, white, threads);
    return number_classes(learned, tried);
  }

  /// Opens what is learned from, as open() does.
  void open_learned(labelled_part& learned, const reading_settings& how, int threads) const {
    if (train.empty()) throw CLI::RequiredError("--train");
    learned.open(train, groups, how, white, threads);
    labelled_part tried;
    if (test_share) split(learned, tried);
  }

  /// Opens what a classifier is tried on that knows `classes` already, and numbers labels and groups.
  void open_test(labelled_part& tried, const std::vector<std::string>& classes, const reading_settings& how,
                 int threads) const {
    if (!train.empty() || test_share)
      throw CLI::ValidationError("a classifier has learned already: it takes --test alone, no --train or --test-share");
    if (test.empty()) throw CLI::RequiredError("--test");
    tried.open(test, groups, how, white, threads);
    number_labels(tried, classes);
    tried.groups = sdmae::numbered(tried.tiles->groups, sdmae::sorted_words(tried.tiles->groups), tried.path);
  }

  /// What is tried on, in words.
  std::string tried_on() const { return test_share ? "a share of " + number_text(*test_share) + " of " + train : test; }
  /// Adds to a report what the data were.
  void tell(nlohmann::ordered_json& report) const {
    report["train"] = or_null(train);
    report["test"] = or_null(test);
    report["test_share"] = or_null(test_share);
    if (test_share) report["split_seed"] = split_seed;
    report["group_rule"] = or_null(groups);
    report["max_white"] = or_null(white.most);
  }

 private:
  [[noreturn]] void refuse_split(const std::string& label, sdmae::index count, bool images) const {
    throw sdmae::error("--test-share " + number_text(*test_share),
                       "cannot cut class \"" + label + "\" of " + train + ", which has " + std::to_string(count) +
                           (images ? " images" : " groups"),
                       count < 2 ? "give --test: a class is cut between two, slides, say"
                                 : "choose another share or --split-seed, or give --test");
  }

  void split(labelled_part& learned, labelled_part& tried) const {
    using sdmae::index;
    const std::shared_ptr<const tile_source> all = std::move(learned.tiles);
    const std::vector<std::string> classes = sdmae::sorted_words(all->labels);
    const std::vector<index> labels = sdmae::numbered(all->labels, classes, train);
    const std::vector<index> slides = sdmae::numbered(all->groups, sdmae::sorted_words(all->groups), train);
    const auto count = static_cast<index>(classes.size());
    const auto side = sdmae::eval::group_parts(labels, slides, count, {1 - *test_share, *test_share}, split_seed);
    std::vector<index> chosen[2];
    for (std::size_t i = 0; i < side.size(); ++i) chosen[side[i]].push_back(static_cast<index>(i));
    for (index c = 0; c < count; ++c)
      for (const auto& half : chosen)
        if (std::none_of(half.begin(), half.end(), [&](index i) { return labels[static_cast<std::size_t>(i)] == c; }))
          refuse_split(classes[static_cast<std::size_t>(c)], count_groups_of(c, labels, slides), slides.empty());
    const std::size_t images = chosen[1].size();
    learned.tiles = std::make_unique<tile_selection>(all, std::move(chosen[0]));
    tried.tiles = std::make_unique<tile_selection>(all, std::move(chosen[1]));
    tried.path = tried_on();
    tell_split(*tried.tiles, images, side.size());
  }

  /// Which slides are tried on; that tiles were split at random is all there is to say without.
  void tell_split(const tile_source& tried, std::size_t images, std::size_t of) const {
    if (tried.groups.empty()) return void(std::fprintf(stderr, "%s is split at random, tile by tile\n", train.c_str()));
    constexpr std::size_t most = 12;
    const std::vector<std::string> taken = sdmae::sorted_words(tried.groups);
    std::string names;
    for (std::size_t i = 0; i < std::min(most, taken.size()); ++i) names += (i > 0 ? ", " : "") + taken[i];
    if (taken.size() > most) names += " and " + std::to_string(taken.size() - most) + " more";
    std::fprintf(stderr, "%zu of the %zu images of %s, those of %zu groups, are tried on: %s\n", images, of,
                 train.c_str(), taken.size(), names.c_str());
  }
};

}  // namespace program
