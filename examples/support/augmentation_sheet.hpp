// A picture of sixteen augmented images, as the loader hands them to a training step.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "augmentation_options.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/data/loader.hpp"
#include "sdmae/io/picture.hpp"

namespace program {

/// A row for each of the first tiles (four; of fewer, two or one): the tile, then the tile as a run with these settings
/// sees it in its first epochs. `settings` without batch, order and first step, which are chosen here.
template <class Dataset>
void draw_augmentations(const std::filesystem::path& path, const Dataset& data, sdmae::loader_settings settings,
                        sdmae::image_shape shape) {
  const sdmae::index rows = data.size() >= 4 ? 4 : data.size() >= 2 ? 2 : 1, epochs = 16 / rows;
  const sdmae::augmentation how = settings.augment;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>((epochs + 1) * rows * shape.values()));
  settings.batch = settings.ahead = rows;
  settings.shuffle = false;
  sdmae::contact_sheet sheet;
  for (sdmae::index column = 0; column <= epochs; ++column) {
    settings.augment = column > 0 ? how : sdmae::augmentation{.part = sdmae::cropping::center};
    settings.first_step = std::max<sdmae::index>(0, column - 1) * (data.size() / rows);
    sdmae::loader<Dataset> images(data, settings);
    images.next(rows, pixels.data() + column * rows * shape.values());
    settings.notice = {};  // what there is to say has been said
    sheet.columns.push_back(column > 0 ? "epoch " + std::to_string(column - 1) : "tile, its middle");
  }
  sheet.title = "Sixteen augmented images";
  sheet.caption = augmentation_text(how);
  sheet.rows = std::vector<std::string>(static_cast<std::size_t>(rows));
  sheet.upscale = shape.width < 160 ? 2 : 1;
  for (sdmae::index row = 0; row < rows; ++row)
    for (sdmae::index column = 0; column <= epochs; ++column)
      sheet.images.push_back({pixels.data() + (column * rows + row) * shape.values(), shape.height, shape.width});
  sdmae::write_contact_sheet(sheet, path);
}

}  // namespace program
