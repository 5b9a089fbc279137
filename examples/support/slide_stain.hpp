// Normalisation by slide: which slide tiles are from, and how it is stained.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/data/dataset.hpp"
#include "sdmae/data/groups.hpp"
#include "sdmae/data/labels.hpp"
#include "sdmae/data/slide_stains.hpp"
#include "sdmae/data/stain_normalise.hpp"
#include "tile_pass.hpp"
#include "tile_selection.hpp"
#include "tile_source.hpp"

namespace program {

/// Tiles that know how their slide is stained.
class stained_tiles final : public tile_selection {
 public:
  /// `slides`: each tile's, numbered from 0. Looks at the tiles that are measured; one that cannot be read counts
  /// nothing: whoever needs it says so.
  stained_tiles(std::shared_ptr<const tile_source> from, std::vector<sdmae::index> slides, int threads)
      : tile_selection(from, sdmae::ascending_order(from->size())), slides_(slides), stains_(std::move(slides)) {
    const auto measured = stains_.measured();
    tile_pass(threads).run(static_cast<sdmae::index>(measured.size()), [&](sdmae::index i) {
      const sdmae::index tile = measured[static_cast<std::size_t>(i)];
      try {
        stains_.add(tile, from->load(tile).image);
      } catch (const sdmae::error&) {
      }
    });
  }
  sdmae::decoded_image load(sdmae::index i) const override {
    sdmae::decoded_image tile = tile_selection::load(i);
    tile.slide_stain = stains_.of(i);
    return tile;
  }
  std::uint64_t fingerprint() const override {
    sdmae::fingerprint sum;
    sum.add(tile_selection::fingerprint());
    for (const sdmae::index slide : slides_) sum.add(static_cast<std::uint64_t>(slide));
    return sum.value();
  }

 private:
  std::vector<sdmae::index> slides_;
  sdmae::slide_stains stains_;
};

/// `tiles`, which know how their slide is stained where stain is normalised by it: its tiles are its group's. Throws
/// sdmae::error where groups are not known; `path` names the tiles.
inline std::unique_ptr<tile_source> with_slide_stain(std::unique_ptr<tile_source> tiles, const std::string& path,
                                                     sdmae::stain_normalisation how, int threads) {
  if (how != sdmae::stain_normalisation::by_slide) return tiles;
  const std::vector<std::string>& groups = tiles->groups;
  const auto blank = std::find(groups.begin(), groups.end(), "");
  if (groups.empty() || blank != groups.end())
    throw sdmae::error(path,
                       "does not say which slide " +
                           (groups.empty() ? "its tiles are from" : tiles->name(blank - groups.begin()) + " is from") +
                           ", which normalisation by slide goes by",
                       "give --groups, or --normalise-stain tile");
  std::vector<sdmae::index> slides = sdmae::numbered(groups, sdmae::sorted_words(groups), path);
  return std::make_unique<stained_tiles>(std::move(tiles), std::move(slides), threads);
}

/// --groups of programs that need none but for this.
struct slide_option {
  std::string groups;

  void declare(CLI::App& app) {
    app.add_option("--groups", groups,
                   "for --normalise-stain slide: which slide a tile is from, a regular expression for file names, such "
                   "as \"^([^_]+)_\", or with a / for paths, or a table (.csv: path,group)");
  }

  /// See with_slide_stain. Throws CLI::ValidationError where groups are given, and not needed.
  std::unique_ptr<tile_source> applied_to(std::unique_ptr<tile_source> tiles, const std::string& path,
                                          sdmae::stain_normalisation how, int threads) const {
    if (!groups.empty()) {
      if (how != sdmae::stain_normalisation::by_slide)
        throw CLI::ValidationError("--groups is for --normalise-stain slide");
      tiles->groups = sdmae::groups_by_rule(tiles->names(), groups);
    }
    return with_slide_stain(std::move(tiles), path, how, threads);
  }
};

}  // namespace program
