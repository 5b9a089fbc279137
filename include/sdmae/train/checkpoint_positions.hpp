// Position tables of a file that was made for another grid of patches than the model's. Needs sdmae::checkpoint.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "sdmae/io/image_size.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/train/training.hpp"
#include "sdmae/vit/position_resize.hpp"

namespace sdmae::detail {

// The side of the patches that an encoder embeds, by the shape of that weight: [D, C, p, p]; 0 for other tensors.
inline index patch_of(const std::string& name, const std::vector<index>& shape) {
  return name.ends_with("patch_embed.proj.weight") && shape.size() == 4 ? shape[2] : 0;
}

// The image size of a model that keeps position tables, which no shape of theirs tells: 4 x 9 patches are as many as
// 6 x 6.
inline std::optional<image_size> image_of(const std::vector<named_tensor>& parameters) {
  index patch = 0;
  vit::patch_grid grid;
  for (const named_tensor& tensor : parameters) {
    if (const index side = patch_of(tensor.name, tensor.shape); side > 0) patch = side;
    if (tensor.grid.patches() > 0) grid = tensor.grid;
  }
  if (patch == 0 || grid.patches() == 0) return std::nullopt;
  return image_size{grid.height * patch, grid.width * patch};
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
// to have a square one.
inline std::optional<resized_table> resizable(const safetensors_file& file, const named_tensor& wanted) {
  const std::vector<index>& have = file.info(wanted.name).shape;
  const std::vector<index>& want = wanted.shape;
  if (wanted.grid.patches() == 0 || have.size() != 3 || have[0] != want[0] || have[2] != want[2]) return std::nullopt;
  const index kept = want[1] - wanted.grid.patches(), patches = have[1] - kept;
  std::optional<vit::patch_grid> from = grid_said_by(file);
  if (from->patches() == 0) from = vit::square_grid(patches);
  if (!from || from->patches() != patches || *from == wanted.grid) return std::nullopt;
  return resized_table{wanted, *from, kept};
}

}  // namespace sdmae::detail
