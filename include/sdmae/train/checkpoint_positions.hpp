// Position tables of a file that was made for another grid of patches than the model's. Needs sdmae::checkpoint.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/io/image_size.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/train/training.hpp"
#include "sdmae/vit/position.hpp"
#include "sdmae/vit/position_resize.hpp"

namespace sdmae::detail {

// The side of the patches that an encoder embeds, by the shape of that weight: [D, C, p, p]; 0 for other tensors.
inline index patch_of(const std::string& name, const std::vector<index>& shape) {
  return name.ends_with("patch_embed.proj.weight") && shape.size() == 4 ? shape[2] : 0;
}

// The grid that a file's metadata tell of; 0 x 0 when they do not.
inline vit::patch_grid grid_said_by(const safetensors_file& file) {
  index patch = 0;
  for (const tensor_info& tensor : file.tensors()) patch = std::max(patch, patch_of(tensor.name, tensor.shape));
  const auto said = file.metadata().find("sdmae.image");
  if (patch == 0 || said == file.metadata().end()) return {};
  const image_size image = image_size_of(said->second).value_or(image_size{});
  return {image.height / patch, image.width / patch};
}

// `kept` rows belong to the class token. The file's shape is [1, kept + from.patches(), width].
struct resized_table {
  named_tensor wanted;
  vit::patch_grid from;
  index kept = 0;

  std::string text() const { return wanted.name + " from " + size(from) + " to " + size(wanted.grid) + " patches"; }
  std::string refusal() const {
    return wanted.name + " is for " + size(from) + " patches, not " + size(wanted.grid) + ", and is not to be resized";
  }

  // What the file holds under that name, and takes it resized.
  named_tensor as_tensor() const {
    named_tensor stored = wanted;
    stored.shape[1] = kept + from.patches();
    stored.count = stored.shape[1] * stored.shape[2];
    stored.write = [table = *this, count = stored.count](const float* values) {
      const std::vector<float> old(values, values + count);
      const index width = table.wanted.shape[2];
      table.wanted.write(vit::resize_positions(old, width, table.kept, table.from, table.wanted.grid).data());
    };
    return stored;
  }

 private:
  static std::string size(vit::patch_grid grid) {
    return std::to_string(grid.height) + "x" + std::to_string(grid.width);
  }
};

// The file's table where its grid is another one, even of as many patches. A file that does not tell its grid is taken
// to have the model's where that has as many patches, else a square one.
inline std::optional<resized_table> resizable(const safetensors_file& file, const named_tensor& wanted) {
  const std::vector<index>& have = file.info(wanted.name).shape;
  const std::vector<index>& want = wanted.shape;
  if (wanted.grid.patches() == 0 || have.size() != 3 || have[0] != want[0] || have[2] != want[2]) return std::nullopt;
  const index kept = want[1] - wanted.grid.patches(), patches = have[1] - kept;
  std::optional<vit::patch_grid> from = grid_said_by(file);
  if (from->patches() == 0) from = patches == wanted.grid.patches() ? wanted.grid : vit::square_grid(patches);
  if (!from || from->patches() != patches || *from == wanted.grid) return std::nullopt;
  return resized_table{wanted, *from, kept};
}

// A wanted table that a file lacks since its model computes positions: the 1-D sinusoid over the file's grid, behind a
// row of zeros for a class token, interpolated. Nothing when the file does not tell its grid, or has no such tower.
inline std::optional<resized_table> computed(const safetensors_file& file, const named_tensor& wanted) {
  const vit::patch_grid from = grid_said_by(file);
  const std::string own = "pos_embed", tower = wanted.name.substr(0, wanted.name.size() - own.size());
  if (wanted.grid.patches() == 0 || from.patches() == 0 || !wanted.name.ends_with(own) ||
      !file.contains(tower + "blocks.0.norm1.weight"))
    return std::nullopt;
  return resized_table{wanted, from, wanted.shape[1] - wanted.grid.patches()};
}

inline void take_computed(const resized_table& table) {
  const index width = table.wanted.shape[2];
  std::vector<float> values(static_cast<std::size_t>(table.kept * width));
  const std::vector<float> sinusoid = vit::sinusoid_1d<float>(table.from.patches(), width);
  values.insert(values.end(), sinusoid.begin(), sinusoid.end());
  table.as_tensor().write(values.data());
}

// Positions that a model computes are those of its own size: another one's would be other places.
inline void refuse_other_places(const safetensors_file& file, training& run) {
  const auto said = file.metadata().find("sdmae.image");
  if (said == file.metadata().end()) return;
  const image_size from = image_size_of(said->second).value_or(image_size{});
  const image_shape image = run.image();
  if (from.height == 0 || (from.height == image.height && from.width == image.width)) return;
  for (const named_tensor& tensor : run.parameters())
    if (tensor.grid.patches() > 0) return;
  throw error(file.name(),
              "was trained on images of " + said->second + "; this model computes its positions, and for " +
                  text_of({image.height, image.width}) + " they mean other places",
              "choose a model of that size, or one with position_kind::learned, whose table is interpolated");
}

}  // namespace sdmae::detail
