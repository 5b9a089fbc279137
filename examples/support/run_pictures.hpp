// The pictures of a pre-training run: curve.png and reconstruction.png.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "run_files.hpp"
#include "sdmae/io/picture.hpp"
#include "sdmae/model/reconstruction.hpp"

namespace program {

/// Text as UTF-8, whatever bytes a path may have.
inline std::string printable(const std::string& text) {
  return nlohmann::json::parse(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// Losses and teacher entropy over the steps. The reconstruction is set against its baseline, the entropy against
/// its two collapses: a falling total says little, a distillation that has collapsed falls too.
inline void draw_curve(const std::filesystem::path& path, const std::string& title, const run_log& log,
                       const sdmae::reconstruction_images& images, double uniform_entropy) {
  const auto series = [&](const char* column) {
    return sdmae::chart_series{column, log.column("step"), log.column(column), true};
  };
  sdmae::chart curve;
  curve.title = printable(title);
  curve.x_label = "step";
  curve.panels.push_back({"Reconstruction loss",
                          {series("reconstruction")},
                          {{images.baseline_name, images.baseline_loss}},
                          3 * images.baseline_loss});
  const auto distillation = log.column("distillation");
  if (!distillation.empty() && !std::isnan(distillation.back()))
    curve.panels.push_back(
        {"Self-distillation (nats)",
         {series("distillation"), {"teacher entropy", log.column("step"), log.column("teacher_entropy"), true}},
         {{"uniform teacher", uniform_entropy}}});
  sdmae::write_chart(curve, path);
}

/// A named column of a sheet: images [count, H, W, C].
using sheet_column = std::pair<std::string, const std::vector<std::uint8_t>*>;

/// A row an image, with a caption that sets the prediction against the baseline.
inline void draw_sheet(const std::filesystem::path& path, const std::string& title,
                       const sdmae::reconstruction_images& images, sdmae::image_shape shape,
                       const std::vector<sheet_column>& columns) {
  sdmae::contact_sheet sheet;
  sheet.title = title;
  for (const sheet_column& column : columns) sheet.columns.push_back(column.first);
  sheet.rows = std::vector<std::string>(static_cast<std::size_t>(images.count));
  sheet.upscale = shape.width < 160 ? 2 : 1;
  char caption[200];
  std::snprintf(
      caption, sizeof caption,
      "Mean squared error over the hidden patches of these images: prediction %.4f, \"%s\" %.4f. What lies below "
      "the latter has been learned.",
      images.predicted_loss, images.baseline_name, images.baseline_loss);
  sheet.caption = caption;
  for (sdmae::index i = 0; i < images.count; ++i)
    for (const sheet_column& column : columns)
      sheet.images.push_back({column.second->data() + i * shape.values(), shape.height, shape.width});
  sdmae::write_contact_sheet(sheet, path);
}

/// What a run leaves: original, what the model sees, the baseline, what the model paints among what it sees.
inline void draw_reconstruction(const std::filesystem::path& path, const std::string& title,
                                const sdmae::reconstruction_images& images, sdmae::image_shape shape) {
  draw_sheet(path, title, images, shape,
             {{"original", &images.original},
              {"visible to the model", &images.masked},
              {images.baseline_name, &images.baseline},
              {"prediction", &images.predicted}});
}

/// Original, what the model sees, what it paints, and both together.
inline void draw_composites(const std::filesystem::path& path, const std::string& title,
                            const sdmae::reconstruction_images& images, sdmae::image_shape shape) {
  draw_sheet(path, title, images, shape,
             {{"original", &images.original},
              {"masked", &images.masked},
              {"reconstructed", &images.painted},
              {"composite", &images.predicted}});
}

}  // namespace program
