// Features of images by a checkpoint's encoder: features.npy, and features.csv with the path and label of each row.
#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "sdmae/data/csv.hpp"
#include "sdmae/data/fingerprint.hpp"
#include "sdmae/io/atomic_file.hpp"
#include "sdmae/io/npy.hpp"
#include "support/frozen_features.hpp"
#include "support/open_tiles.hpp"
#include "support/output_files.hpp"
#include "support/program.hpp"
#include "support/reading_options.hpp"
#include "support/stained_tiles.hpp"
#include "support/synthetic_option.hpp"
#include "support/tile_selection.hpp"
#if defined(PROGRAM_DRAWS)
#include "support/heat_map.hpp"
#endif

namespace {

using sdmae::index;

struct options {
  std::string checkpoint, preset, data, out, heat_map;
  program::slide_options slide;
  program::white_option white;
  program::slide_groups_option groups;
  program::reading_options reading;
  program::device_options device;
  program::synthetic_option synthetic;
  std::uint64_t seed = 0;
  int threads = 0;
};

/// Names everything that the rows depend on, so that an interrupted run is gone on with only by its own kind.
std::string key_of(const options& asked, const program::frozen_encoder& encoder, const program::tile_source& tiles) {
  sdmae::fingerprint sum;
  std::ifstream file(asked.checkpoint, std::ios::binary);
  std::string part(std::size_t{1} << 20, '\0');
  while (file.read(part.data(), static_cast<std::streamsize>(part.size())), file.gcount() > 0)
    sum.add(std::string_view(part.data(), static_cast<std::size_t>(file.gcount())));
  sum.add(encoder.preset());
  sum.add(asked.reading.filter);
  if (asked.reading.crops > 1) sum.add("crops " + std::to_string(asked.reading.crops));
  const sdmae::stain_normalisation stain = encoder.reading().normalise_stain;
  if (stain != sdmae::stain_normalisation::none) sum.add("normalised stain " + program::stain_option::name(stain));
  if (stain == sdmae::stain_normalisation::by_slide) sum.add(tiles.slides_text());
  sum.add(asked.device.backend + " " + asked.device.precision);
  sum.add(tiles.fingerprint());
  sum.add(tiles.state_of_files());
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(sum.value()));
  return text;
}

constexpr const char* table_header = "path,label";

/// Throws sdmae::error where the table would replace a file that is no such table: finetune's scores.csv, say.
void check_table(const std::filesystem::path& path) {
  std::ifstream there(path);
  std::string header;
  if (there && std::getline(there, header) && header != table_header)
    throw sdmae::error(path.string(), "is there, and no table of features: it would be replaced by one",
                       "choose another --out");
}

void write_table(const std::filesystem::path& path, const program::tile_source& tiles) {
  sdmae::atomic_file file(path);
  file.write(table_header + std::string("\n"));
  for (index i = 0; i < tiles.size(); ++i)
    file.write(sdmae::csv_field(tiles.name(i)) + "," +
               (tiles.labels.empty() ? "" : sdmae::csv_field(tiles.labels[static_cast<std::size_t>(i)])) + "\n");
  file.commit();
}

/// The slide to draw a map over, if one was asked for. Throws sdmae::error when there is none, or nowhere to write.
std::optional<program::slide_overview> overview_of(const options& asked, const program::tile_source& tiles,
                                                   bool classifier) {
  if (asked.heat_map.empty()) return std::nullopt;
#if defined(PROGRAM_DRAWS)
  auto slide = tiles.overview(program::map_size);
  if (!slide) throw sdmae::error(asked.data, "is no slide to draw a map over", "leave out --heatmap, or give a slide");
  if (!classifier && tiles.size() < 2)
    throw sdmae::error(asked.data, "has one tile, which has no principal components", "ask for a finer --mpp");
  sdmae::atomic_file{asked.heat_map};  // a bad path costs nothing
  return slide;
#else
  static_cast<void>(tiles), static_cast<void>(classifier);
  throw sdmae::error("--heatmap", "this program was built without cairo", "install libcairo2-dev and build it anew");
#endif
}

void embed(const options& asked) {
  program::frozen_encoder encoder(asked.checkpoint, asked.preset, asked.threads, asked.reading.chosen(asked.checkpoint),
                                  asked.device, true);
  const auto tiles = asked.white.applied_to(
      asked.groups.applied_to(
          program::open_unlabelled(asked.data, encoder.image(), asked.slide, asked.seed,
                                   asked.synthetic.images_of(asked.data), asked.reading.interpolation()),
          asked.data, encoder.reading().normalise_stain),
      asked.data, asked.threads);
  std::filesystem::path table = asked.out;
  table.replace_extension(".csv");
  program::check_outputs(
      {{"--out", asked.out}, {"the table beside --out", table.string()}, {"--heatmap", asked.heat_map}},
      {{"--checkpoint", asked.checkpoint}, {"--data", asked.data}});
  check_table(table);
  const auto slide = overview_of(asked, *tiles, !encoder.classes().empty());
  sdmae::npy_rows rows(asked.out, tiles->size(), encoder.width(), key_of(asked, encoder, *tiles));
  if (rows.done() > 0) std::fprintf(stderr, "going on after %td of %td rows\n", rows.done(), tiles->size());
  encoder.run(*tiles, rows.done(),
              [&](const float* features, const std::uint64_t*, index count) { rows.append(features, count); });
  write_table(table, *tiles);
#if defined(PROGRAM_DRAWS)
  if (slide)
    program::draw_heat_map(asked.heat_map, std::filesystem::path(asked.data).filename().string(), *slide, rows.read(),
                           encoder.width(), encoder.classes());
#endif
  rows.finish();
  std::printf("%td %s of %td images; wrote %s and %s%s\n", encoder.width(),
              encoder.classes().empty() ? "features" : "scores", tiles->size(), asked.out.c_str(), table.c_str(),
              slide ? (" and " + asked.heat_map).c_str() : "");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Features of images by a checkpoint's encoder. An interrupted run goes on when it is started again over the same "
      "files.",
      "embed");
  options asked;
  const CLI::Validator npy(
      [](std::string& name) {
        return std::filesystem::path(name).extension() == ".npy" ? std::string() : name + " does not end in .npy";
      },
      "FILE.npy", "npy");
  app.add_option("--checkpoint", asked.checkpoint,
                 "safetensors file with weights in released names; a classifier's rows are its scores")
      ->required();
  app.add_option("--data", asked.data,
                 "folder of images or of slides, table (.csv: path,label), PCam's HDF5 (.h5), slide, or synthetic")
      ->required();
  app.add_option("--out", asked.out, "matrix to write, a row an image; beside it a table .csv")->required()->check(npy);
  app.add_option(
         "--heatmap", asked.heat_map,
         "slides: draw each tile's class (of a checkpoint of finetune's), or its features' principal components "
         "as colors, over the slide into this PNG file")
      ->check(program::not_empty());
  app.add_option("--preset", asked.preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
  asked.slide.declare(app);
  asked.white.declare(app);
  asked.reading.declare(app, "features, or scores,", "as the checkpoint was trained");
  asked.groups.declare(app);
  asked.device.declare(app);
  asked.synthetic.declare(app);
  app.add_option("--seed", asked.seed, "of --data synthetic (0)")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  return program::run(app, argc, argv, [&] { embed(asked); });
}
