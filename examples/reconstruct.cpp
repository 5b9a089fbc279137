// Draws what a pre-trained model fills in: rows of original, masked, reconstructed, composite.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "sdmae/train/checkpoint.hpp"
#include "support/checkpoint_preset.hpp"
#include "support/loader_batch.hpp"
#include "support/memory.hpp"
#include "support/program.hpp"
#include "support/run_pictures.hpp"
#include "support/tile_source.hpp"

namespace {

using sdmae::index;

struct options {
  std::string checkpoint, preset, data, out, mask = "random";
  std::optional<double> mask_ratio;
  index images = 6;
  std::uint64_t seed = 0;
  int threads = 0;
  program::slide_options slide;
};

void reconstruct(const options& asked) {
  const sdmae::registered_preset& preset = program::preset_of_checkpoint(asked.checkpoint, asked.preset);
  sdmae::trainer_options settings;
  settings.seed = asked.seed;
  settings.threads = asked.threads;
  settings.mask = program::mask_of(preset, asked.mask, asked.mask_ratio);
  if (settings.mask.visible(preset.image.patches()) == preset.image.patches())
    throw sdmae::error("--mask-ratio", "hides no patch of this model, nothing is painted", "choose a larger ratio");
  program::check_resident_memory(preset, program::available_memory());
  const std::unique_ptr<sdmae::trainer> trainer = preset.make(settings);
  sdmae::load_parameters(asked.checkpoint, *trainer);

  const auto tiles = program::open_unlabelled(asked.data, preset.image, asked.slide, asked.seed, asked.images);
  program::example_batch examples(*tiles, asked.images, preset.image);
  const sdmae::reconstruction_images images = trainer->reconstruct(examples);
  program::draw_composites(asked.out, program::printable(asked.checkpoint + " on " + asked.data), images, preset.image);
  std::printf("%td images, hidden patches: prediction %.4f, \"%s\" %.4f; wrote %s\n", images.count,
              images.predicted_loss, images.baseline_name, images.baseline_loss, asked.out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws what a pre-trained model fills in: original, masked, reconstructed, composite.", "reconstruct");
  options asked;
  app.add_option("--checkpoint", asked.checkpoint, "safetensors file with weights in released names")->required();
  app.add_option("--data", asked.data, "folder of images, table (.csv), HDF5 (.h5), whole slide, or synthetic")
      ->required();
  app.add_option("--out", asked.out, "PNG file to write")->required()->check(program::not_empty());
  app.add_option("--preset", asked.preset, "the model (default: what the checkpoint names): " SDMAE_COMPILED_PRESETS);
  app.add_option("--images", asked.images, "rows: the first images of the data (6)")->check(program::whole(1, 64));
  app.add_option("--mask", asked.mask, "which patches are hidden (random)")
      ->check(CLI::IsMember({"random", "block", "grid", "tissue"}));
  app.add_option("--mask-ratio", asked.mask_ratio, "share of hidden patches (the recipe's)")
      ->check(program::within(0, 0.9999, true));
  app.add_option("--seed", asked.seed, "of the masks (0)")->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  app.add_option("--threads", asked.threads, "default: all cores")->check(program::whole(1, 1024));
  asked.slide.declare(app);
  return program::run(app, argc, argv, [&] { reconstruct(asked); });
}
