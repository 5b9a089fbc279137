// Programs find out how slides are stained by all threads, once, before they load their tiles.
#include "support/stained_tiles.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/data/synthetic.hpp"
#include "support/tile_selection.hpp"

namespace {

using sdmae::index;

/// Tissue; notes how often each was loaded.
class counted_tiles final : public program::tile_source {
 public:
  static constexpr index count = 12;

  counted_tiles() {
    for (index i = 0; i < count; ++i) groups.push_back("slide " + std::to_string(i / 4));
  }
  index size() const override { return count; }
  std::string name(index i) const override { return tissue_.name(i); }
  sdmae::decoded_image load(index i) const override {
    ++loads[static_cast<std::size_t>(i)];
    return tissue_.load(i);
  }
  std::uint64_t fingerprint() const override { return 7; }

  mutable std::vector<std::atomic<int>> loads = std::vector<std::atomic<int>>(count);

 private:
  sdmae::synthetic_tissue tissue_{5, count, 32, 32};
};

/// The same, by slide, of which `chosen` are left; `from` sees what is loaded.
struct stained_selection {
  const counted_tiles* from = nullptr;
  std::unique_ptr<program::tile_selection> tiles;

  explicit stained_selection(std::vector<index> chosen) {
    auto counted = std::make_unique<counted_tiles>();
    from = counted.get();
    std::shared_ptr<const program::tile_source> stained =
        program::with_slide_stain(std::move(counted), "tiles", sdmae::stain_normalisation::by_slide);
    tiles = std::make_unique<program::tile_selection>(std::move(stained), std::move(chosen));
  }
  std::vector<int> loads() const { return {from->loads.begin(), from->loads.end()}; }
};

}  // namespace

TEST_CASE("slides are measured once, with the tiles that were left out, and loading takes no more than a load") {
  const stained_selection some({0, 1, 5, 6, 9});
  program::tile_pass pass(3);
  for (int again = 0; again < 2; ++again) some.tiles->prepare(pass, 0);
  CHECK(some.loads() == std::vector<int>(counted_tiles::count, 1));
  CHECK(some.tiles->load(2).stain_of_slide.has_value());
  std::vector<int> expected(counted_tiles::count, 1);
  ++expected[5];
  CHECK(some.loads() == expected);
}

TEST_CASE("what goes on measures the slides of what is left to do") {
  const stained_selection some({0, 1, 5, 6, 9});
  program::tile_pass pass(2);
  some.tiles->prepare(pass, 5);
  CHECK(some.loads() == std::vector<int>(counted_tiles::count, 0));
  some.tiles->prepare(pass, 3);
  CHECK(some.loads() == std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  some.tiles->prepare(pass, 0);
  CHECK(some.loads() == std::vector<int>(counted_tiles::count, 1));
}

TEST_CASE("a cut into slides is told from others, whatever is left of its tiles") {
  const stained_selection some({0, 1, 5}), others({9});
  CHECK(some.tiles->slides_text() == others.tiles->slides_text());
  CHECK_THAT(some.tiles->slides_text(), Catch::StartsWith("3 slides, "));
  auto recut = std::make_unique<counted_tiles>();
  recut->groups.back() = "slide 1";
  const auto stained = program::with_slide_stain(std::move(recut), "tiles", sdmae::stain_normalisation::by_slide);
  CHECK(stained->slides_text() != some.tiles->slides_text());
  CHECK(counted_tiles().slides_text().empty());
}
