// Normalisation by slide: which slide tiles are from, and that they know its stain.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/data/groups.hpp"
#include "sdmae/data/labels.hpp"
#include "sdmae/data/slide_stained.hpp"
#include "sdmae/data/stain_normalise.hpp"
#include "stain_option.hpp"
#include "tile_pass.hpp"
#include "tile_source.hpp"

namespace program {

/// Tiles that know how their slide is stained; see sdmae::slide_stained.
class stained_tiles final : public forwarding_tiles {
 public:
  stained_tiles(std::shared_ptr<const tile_source> from, std::vector<sdmae::index> slides)
      : forwarding_tiles(from), stained_(*from, std::move(slides)), prepared_from_(size()) {
    labels = from->labels;
    groups = from->groups;
  }
  sdmae::decoded_image load(sdmae::index i) const override { return stained_.load(i); }
  std::string slides_text() const override {
    sdmae::fingerprint sum;
    for (const std::string& group : groups) sum.add(group);
    return std::to_string(stained_.slides()) + " slides, fingerprint " + std::to_string(sum.value());
  }
  /// Measures the slides, each by a thread.
  void prepare(tile_pass& pass, sdmae::index first) const override {
    if (first >= prepared_from_) return;
    std::set<sdmae::index> needed;
    for (sdmae::index i = first; i < prepared_from_; ++i) needed.insert(stained_.slide_of(i));
    const std::vector<sdmae::index> slides(needed.begin(), needed.end());
    const sdmae::index together = 8 * pass.threads();  // few enough to say often how far it is
    pass.run(
        0, static_cast<sdmae::index>(slides.size()), together,
        [&](sdmae::index k) { stained_.measure(slides[static_cast<std::size_t>(k)]); },
        [](sdmae::index, sdmae::index) {}, "slide");
    prepared_from_ = first;
  }

 private:
  sdmae::slide_stained<tile_source> stained_;
  mutable sdmae::index prepared_from_;  // of samples from there on
};

/// `tiles`, which know how their slide is stained where stain is normalised by it: a group's tiles are a slide's. Says
/// how many there are. Throws sdmae::error where groups are not known; `path` names the tiles.
inline std::unique_ptr<tile_source> with_slide_stain(std::unique_ptr<tile_source> tiles, const std::string& path,
                                                     sdmae::stain_normalisation how) {
  if (how != sdmae::stain_normalisation::by_slide) return tiles;
  const std::vector<std::string>& groups = tiles->groups;
  const auto blank = std::find(groups.begin(), groups.end(), "");
  if (groups.empty() || blank != groups.end())
    throw sdmae::error(path,
                       "does not say which slide " +
                           (groups.empty() ? "its tiles are from" : tiles->name(blank - groups.begin()) + " is from") +
                           ", which normalisation by slide goes by",
                       "give --groups, or --normalise-stain tile or no");
  const std::vector<std::string> slides = sdmae::sorted_words(groups);
  std::fprintf(stderr, "%s: stain is normalised slide by slide: %td tiles of %zu\n", path.c_str(), tiles->size(),
               slides.size());
  std::vector<sdmae::index> numbers = sdmae::numbered(groups, slides, path);
  return std::make_unique<stained_tiles>(std::move(tiles), std::move(numbers));
}

/// Into the settings of a run, which its checkpoint must match to be resumed: how stain is normalised, and by which
/// slides.
inline void note_stain(sdmae::stain_normalisation how, const tile_source& tiles,
                       std::map<std::string, std::string>& settings) {
  stain_option::note(how, settings);
  if (how == sdmae::stain_normalisation::by_slide) settings["sdmae.slides"] = tiles.slides_text();
}

/// --groups of programs that need groups for nothing else.
struct slide_groups_option {
  std::string rule;

  void declare(CLI::App& app) {
    app.add_option("--groups", rule,
                   "for --normalise-stain slide: which slide a tile is from, a regular expression for file names, such "
                   "as \"^([^_]+)_\", or with a / for paths, or a table (.csv: path,group)");
  }

  /// See with_slide_stain. Throws CLI::ValidationError where groups are given, and not needed.
  std::unique_ptr<tile_source> applied_to(std::unique_ptr<tile_source> tiles, const std::string& path,
                                          sdmae::stain_normalisation how) const {
    if (!rule.empty()) {
      if (how != sdmae::stain_normalisation::by_slide)
        throw CLI::ValidationError("--groups is for --normalise-stain slide");
      tiles->groups = sdmae::groups_by_rule(tiles->names(), rule);
    }
    return with_slide_stain(std::move(tiles), path, how);
  }
};

}  // namespace program
