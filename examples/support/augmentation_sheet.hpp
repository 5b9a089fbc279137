// --show-augmentations: a picture of sixteen images as the loader hands them to a training step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "augmentation_options.hpp"
#include "labelled_batch.hpp"
#include "loader_batch.hpp"
#include "number_text.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/data/loader.hpp"
#include "sdmae/data/mix.hpp"
#include "training_run.hpp"
#if defined(PROGRAM_DRAWS)
#include "sdmae/io/picture.hpp"
#endif

namespace program {

/// How the images of a run become what it trains on.
struct augmented_run {
  sdmae::image_shape shape;
  sdmae::augmentation augment;
  sdmae::mix_settings mixing;
  std::uint64_t seed = 0;
  int threads = 1;

  std::string text() const {
    return augmentation_text(augment, augment.part == sdmae::cropping::center ? "whole tiles" : "") +
           (mixing.mixup > 0 ? ", mixup " + number_text(mixing.mixup) : "") +
           (mixing.cutmix > 0 ? ", cutmix " + number_text(mixing.cutmix) : "");
  }
};

#if defined(PROGRAM_DRAWS)

/// A row for each of the first tiles (four; of fewer, two or one): the tile, then the tile as such a run sees it in its
/// first epochs. Mixed are these tiles, the first with the last.
template <class Dataset>
void draw_augmentations(const std::filesystem::path& path, const Dataset& data, const augmented_run& run) {
  const sdmae::image_shape& shape = run.shape;
  const sdmae::index rows = data.size() >= 4 ? 4 : data.size() >= 2 ? 2 : 1, epochs = 16 / rows;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>((epochs + 1) * rows * shape.values()));
  sdmae::loader_settings settings = loading(shape, rows, 1, run.seed, run.threads, 0);
  settings.ahead = rows;
  settings.shuffle = false;
  const std::vector<sdmae::index> no_labels;
  sdmae::contact_sheet sheet;
  for (sdmae::index column = 0; column <= epochs; ++column) {
    const bool seen = column > 0;
    settings.augment = seen ? run.augment : sdmae::augmentation{.part = sdmae::cropping::center};
    settings.first_step = std::max<sdmae::index>(0, column - 1) * (data.size() / rows);
    sdmae::loader<Dataset> images(data, settings);
    labelled_batch<Dataset> batch(images, rows, shape, no_labels, 0, seen ? run.mixing : sdmae::mix_settings{},
                                  run.seed);
    batch.next(rows, pixels.data() + column * rows * shape.values());
    settings.notice = {};  // what there is to say has been said
    sheet.columns.push_back(seen ? "epoch " + std::to_string(column - 1) : "tile, its middle");
  }
  sheet.title = "Sixteen augmented images";
  sheet.caption = run.text();
  sheet.rows = std::vector<std::string>(static_cast<std::size_t>(rows));
  sheet.upscale = shape.width < 160 ? 2 : 1;
  for (sdmae::index row = 0; row < rows; ++row)
    for (sdmae::index column = 0; column <= epochs; ++column)
      sheet.images.push_back({pixels.data() + (column * rows + row) * shape.values(), shape.height, shape.width});
  sdmae::write_contact_sheet(sheet, path);
}

#endif

/// Draws it, and says so. Throws sdmae::error in a program that cannot draw.
template <class Dataset>
void show_augmentations(const std::string& file, const Dataset& data, const augmented_run& run) {
#if defined(PROGRAM_DRAWS)
  draw_augmentations(file, data, run);
  say("wrote " + file + ": " + run.text());
#else
  static_cast<void>(data), static_cast<void>(run);
  throw sdmae::error("--show-augmentations", "this program was built without cairo",
                     "install libcairo2-dev and build it anew");
#endif
}

}  // namespace program
