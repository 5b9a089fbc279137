// How many images a second a core reads, decodes and augments, from each kind of file that tiles come in.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "generated_sources.hpp"
#include "sdmae/data/loader.hpp"
#include "support/augmentation_options.hpp"
#include "support/open_tiles.hpp"
#include "support/program.hpp"

namespace {

using sdmae::index;

struct options {
  std::vector<std::string> data;
  index size = 224, images = 1024;
  int threads = 1;
  std::uint64_t seed = 0;
  program::slide_options slide;
  program::augmentation_options augment;
};

/// Everything at once, at the usual strengths; an option changes one of them.
sdmae::augmentation full_augmentation(const options& asked) {
  sdmae::augmentation how;
  how.turn = {.mirror = 0.5, .flip = 0.5, .quarter = 0.75};
  how.stain.strength = 0.05;
  how.color = {0.4, 0.4, 0.4, 0.1};
  how.blur.probability = 0.5;
  how.erase.probability = 0.25;
  return asked.augment.applied_to(how);
}

double processor_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) { return double(t.tv_sec) + 1e-6 * double(t.tv_usec); };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

struct rate {
  double by_clock = 0, by_core = 0;  // images a second: of all threads together; of processor time
};

/// Pulls images as a training step does. As many as are held ahead are pulled before the clock starts, so that as many
/// lie ready when it stops as when it started.
rate measure(const program::tile_source& tiles, const options& asked, const sdmae::augmentation& how) {
  sdmae::loader_settings settings;
  settings.height = settings.width = asked.size;
  settings.batch = std::min<index>(32, tiles.size());
  settings.seed = asked.seed;
  settings.augment = how;
  settings.threads = asked.threads;
  settings.ahead = 2 * asked.threads;
  sdmae::loader<program::tile_source> images(tiles, settings);
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(asked.size * asked.size * 3));
  const auto pull = [&](index count) {
    for (index i = 0; i < count; ++i) {
      if (images.remaining() == 0) images.advance();
      images.next(1, pixels.data());
    }
  };
  pull(std::max<index>(settings.ahead, std::min<index>(32, asked.images)));
  using clock = std::chrono::steady_clock;
  const double used = processor_seconds();
  const auto start = clock::now();
  pull(asked.images);
  const double seconds = std::chrono::duration<double>(clock::now() - start).count();
  const auto count = static_cast<double>(asked.images);
  return {count / seconds, count / std::max(1e-9, processor_seconds() - used)};
}

void run(const options& asked) {
  const sdmae::augmentation full = full_augmentation(asked);
  sdmae::augmentation crops;  // SD-MAE's as released
  crops.crop = full.crop;
  crops.filter = full.filter;
  std::vector<bench::generated_source> sources;
  std::optional<bench::scratch_folder> scratch;
  for (const std::string& path : asked.data) sources.push_back({path, path});
  if (sources.empty()) sources = bench::write_sources(scratch.emplace().path());

  nlohmann::ordered_json line{{"size", asked.size},
                              {"threads", asked.threads},
                              {"images", asked.images},
                              {"augmentation", program::augmentation_text(full)},
                              {"sources", nlohmann::ordered_json::array()}};
  std::vector<std::unique_ptr<program::tile_source>> opened;
  for (const bench::generated_source& source : sources)
    opened.push_back(program::open_tiles(source.path.string(), asked.size, asked.slide, full.filter));
  std::printf("images of %td x %td pixels a second, per core\n%-44s %8s %10s %10s\n", asked.size, asked.size, "source",
              "tiles", "crops", "all");
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const rate cut = measure(*opened[i], asked, crops), all = measure(*opened[i], asked, full);
    std::printf("%-44s %8td %10.0f %10.0f\n", sources[i].what.c_str(), opened[i]->size(), cut.by_core, all.by_core);
    std::fflush(stdout);
    const auto told = [](const rate& one) {
      return nlohmann::ordered_json{{"images_per_s", std::round(10 * one.by_clock) / 10},
                                    {"images_per_core_s", std::round(10 * one.by_core) / 10}};
    };
    line["sources"].push_back(
        {{"source", sources[i].what}, {"tiles", opened[i]->size()}, {"crops", told(cut)}, {"all", told(all)}});
  }
  std::printf("%s\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Times how fast training images are read, decoded, cropped and augmented: a table, and last a line of JSON.",
      "loader");
  options asked;
  constexpr int most = 100'000'000;
  app.add_option(
      "--data", asked.data,
      "folder of images, table (.csv), HDF5 (.h5) or slide, as often as wanted (default: generated tissue in "
      "JPEG, TIFF, HDF5, a slide)");
  app.add_option("--size", asked.size, "pixels a side of the images handed out (224)")->check(program::whole(1, 16384));
  app.add_option("--images", asked.images, "images that are timed, for each source and augmentation (1024)")
      ->check(program::whole(1, most));
  app.add_option("--threads", asked.threads, "that decode (1)")->check(program::whole(1, 1024));
  app.add_option("--seed", asked.seed, "of order and augmentation (0)")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  asked.slide.declare(app);
  asked.augment.declare(app);
  return program::run(app, argc, argv, [&] { run(asked); });
}
