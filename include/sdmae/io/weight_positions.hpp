// Position tables of converted weights: written out where SD-MAE computes them, interpolated for another image size.
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/image_size.hpp"
#include "sdmae/io/weight_file.hpp"
#include "sdmae/vit/position.hpp"
#include "sdmae/vit/position_resize.hpp"

namespace sdmae {

namespace detail {

// The table that SD-MAE computes: the 1-D sinusoid, behind a row of zeros for a class token.
inline bool is_sinusoid(const std::vector<float>& table, index width, bool class_token) {
  std::vector<double> wanted(class_token ? static_cast<std::size_t>(width) : 0);
  const index rows = static_cast<index>(table.size()) / width - (class_token ? 1 : 0);
  const std::vector<double> sinusoid = vit::sinusoid_1d<double>(rows, width);
  wanted.insert(wanted.end(), sinusoid.begin(), sinusoid.end());
  for (std::size_t i = 0; i < table.size(); ++i)
    if (!(std::abs(table[i] - wanted[i]) <= 1e-5)) return false;
  return true;
}

inline vit::patch_grid grid_of(const weights_file& from, image_size size) {
  const index patch = from.vit.patch;
  if (size.height % patch != 0 || size.width % patch != 0)
    throw error(from.file->name(),
                "images of " + text_of(size) + " cannot be cut into patches of " + std::to_string(patch),
                "choose a size that the patch divides");
  return {size.height / patch, size.width / patch};
}

// The grid of the table that the file has, or of the one that it was trained with and does not store.
inline vit::patch_grid stored_grid(const weights_file& from, image_size stored, image_size asked) {
  const bool stores = from.vit.positions > 0;
  const index patches = from.vit.positions - (from.vit.class_token ? 1 : 0);
  const auto fits = [&](image_size size) {
    return size.height != 0 && (!stores || grid_of(from, size).patches() == patches);
  };
  if (fits(stored)) return grid_of(from, stored);
  if (fits(asked)) return grid_of(from, asked);
  if (const auto square = vit::square_grid(patches); stores && square) return *square;
  throw error(from.file->name(), "does not tell the size of its images", "add it: --image HEIGHTxWIDTH");
}

}  // namespace detail

/// Gives the weights the position table `pos_embed` for images of the size asked for (none: the stored one), and
/// returns its grid. `stored` is the size that the file was trained with, where the caller knows it; else the file's
/// metadata tell, else a table of as many patches as asked for is taken to be that one, and others to be square.
/// SD-MAE's released files have no table: the 1-D sinusoid is written out, with a row of zeros for a class token. A
/// table of another grid is interpolated (see vit::resize_positions), which adds a line to `reshaped`. Throws
/// sdmae::error when no size is known, or the patch does not divide it.
inline vit::patch_grid place_positions(weights_file& weights, image_size stored, image_size asked) {
  const auto& metadata = weights.file->metadata();
  if (const auto said = metadata.find("sdmae.image"); stored.height == 0 && said != metadata.end())
    stored = image_size_of(said->second).value_or(image_size{});
  const vit::patch_grid from = detail::stored_grid(weights, stored, asked);
  const vit::patch_grid to = asked.height == 0 ? from : detail::grid_of(weights, asked);
  const index width = weights.vit.width, kept = weights.vit.class_token ? 1 : 0;
  const bool stores = weights.vit.positions > 0;
  if (stores && from == to) return to;

  assembled_tensor table{"pos_embed", dtype::f32, {1, kept + to.patches(), width}, {}, {}};
  if (stores) {
    table.stretches = weights.tensors.at("pos_embed").stretches;
    table.computed = values_of(*weights.file, weights.tensors.at("pos_embed"));
  } else {
    table.computed = vit::sinusoid_1d<float>(from.patches(), width);
    table.computed.insert(table.computed.begin(), static_cast<std::size_t>(kept * width), 0.0f);
  }
  if (from != to) {
    table.computed = vit::resize_positions(table.computed, width, kept, from, to);
    weights.reshaped.push_back("pos_embed from " + text_of({from.height, from.width}) + " to " +
                               text_of({to.height, to.width}) + " patches");
  }
  weights.vit.positions = kept + to.patches();
  weights.tensors.add(std::move(table));
  return to;
}

}  // namespace sdmae
