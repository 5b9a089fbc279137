// Draws what a pre-trained model fills in: rows of original, masked, reconstructed, composite.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "support/checkpoint_view.hpp"
#include "support/output_files.hpp"
#include "support/program.hpp"
#include "support/run_pictures.hpp"

namespace {

void reconstruct(const program::view_options& asked) {
  program::check_outputs({{"--out", asked.out}}, asked.inputs());
  program::checkpoint_view view(asked);
  if (!view.hides())
    throw sdmae::error("--mask-ratio", "hides no patch of this model, nothing is painted", "choose a larger ratio");
  const sdmae::reconstruction_images images = view.trainer().reconstruct(view.examples(), view.slice());
  program::draw_composites(asked.out, program::printable(asked.checkpoint + " on " + asked.data), images, view.image());
  std::printf("%td images, hidden patches: prediction %.4f, \"%s\" %.4f; wrote %s\n", images.count,
              images.predicted_loss, images.baseline_name, images.baseline_loss, asked.out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Draws what a pre-trained model fills in: original, masked, reconstructed, composite.", "reconstruct");
  program::view_options asked;
  asked.declare(app, 6, "PNG file to write", "hidden patches", false);
  app.add_option("--mask", asked.mask, "which patches are hidden (random)")
      ->check(CLI::IsMember({"random", "block", "grid", "tissue"}));
  return program::run(app, argc, argv, [&] { reconstruct(asked); });
}
