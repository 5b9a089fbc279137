// Some of a data set's samples: those that are not background, those of one side of a split.
#pragma once

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "number_text.hpp"
#include "sdmae/data/white.hpp"
#include "tile_pass.hpp"
#include "tile_source.hpp"
#include "validators.hpp"

namespace program {

/// The samples `chosen` of another source, in this order, ascending, which it keeps alive.
class tile_selection final : public forwarding_tiles {
 public:
  tile_selection(std::shared_ptr<const tile_source> all, std::vector<sdmae::index> chosen)
      : forwarding_tiles(std::move(all)), chosen_(std::move(chosen)) {
    for (const sdmae::index i : chosen_) {
      if (!from().labels.empty()) labels.push_back(from().labels[static_cast<std::size_t>(i)]);
      if (!from().groups.empty()) groups.push_back(from().groups[static_cast<std::size_t>(i)]);
    }
  }
  sdmae::index size() const override { return static_cast<sdmae::index>(chosen_.size()); }
  std::string name(sdmae::index i) const override { return from().name(at(i)); }
  sdmae::decoded_image load(sdmae::index i) const override { return from().load(at(i)); }
  std::uint64_t fingerprint() const override {
    sdmae::fingerprint sum;
    sum.add(from().fingerprint());
    for (const sdmae::index i : chosen_) sum.add(static_cast<std::uint64_t>(i));
    return sum.value();
  }
  void prepare(tile_pass& pass, sdmae::index first) const override {
    if (first < size()) from().prepare(pass, at(first));
  }
  std::optional<slide_overview> overview(sdmae::index longest) const override {
    std::optional<slide_overview> found = from().overview(longest);
    if (!found) return found;
    std::vector<slide_overview::place> all(std::move(found->tiles));
    found->tiles.clear();
    for (const sdmae::index i : chosen_) found->tiles.push_back(all[static_cast<std::size_t>(i)]);
    return found;
  }

 private:
  sdmae::index at(sdmae::index i) const { return chosen_[static_cast<std::size_t>(i)]; }

  std::vector<sdmae::index> chosen_;
};

/// --max-white: tiles with more background than that are left out.
struct white_option {
  std::optional<double> most;

  void declare(CLI::App& app) {
    app.add_option("--max-white", most,
                   "leave out tiles of which more than this share is pure white, such as 0.02 (default: none)")
        ->check(within(0, 1));
  }

  /// Looks at every tile, and says how many are left out. A tile that cannot be read stays: whoever needs it says
  /// so. Throws sdmae::error when none is left; `path` names the tiles.
  std::unique_ptr<tile_source> applied_to(std::unique_ptr<tile_source> tiles, const std::string& path,
                                          int threads) const {
    if (!most) return tiles;
    std::vector<double> white(static_cast<std::size_t>(tiles->size()));
    tile_pass pass(threads);
    tiles->prepare(pass, 0);
    pass.run(tiles->size(), [&](sdmae::index i) {
      try {
        white[static_cast<std::size_t>(i)] = sdmae::white_share(tiles->load(i).image);
      } catch (const sdmae::error&) {
      }
    });
    std::vector<sdmae::index> kept;
    for (sdmae::index i = 0; i < tiles->size(); ++i)
      if (white[static_cast<std::size_t>(i)] <= *most) kept.push_back(i);
    const sdmae::index all = tiles->size(), out = all - static_cast<sdmae::index>(kept.size());
    const std::string percent = number_text(std::round(*most * 1e8) / 1e6) + " %";
    if (kept.empty())
      throw sdmae::error(path, "more than " + percent + " of each of its " + std::to_string(all) + " tiles is white",
                         "raise --max-white");
    std::fprintf(stderr, "%s: left out %td of %td tiles, more than %s of each is white\n", path.c_str(), out, all,
                 percent.c_str());
    return std::make_unique<tile_selection>(std::move(tiles), std::move(kept));
  }
};

}  // namespace program
