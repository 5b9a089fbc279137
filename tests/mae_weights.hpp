// Weights of a masked autoencoder of He et al.'s too small to be of use, under facebookresearch/mae's names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/random.hpp"
#include "sdmae/io/safetensors_write.hpp"

struct mae_tensor {
  std::vector<sdmae::index> shape;
  std::vector<float> values;
};

/// Images of 16 × 16 in patches of 4; width 8 and two blocks, decoder 4 and one; every value random.
inline std::map<std::string, mae_tensor> mae_weights() {
  std::map<std::string, mae_tensor> made;
  sdmae::random_sequence numbers(5, sdmae::stream::test, 0, 0);
  const auto add = [&](const std::string& name, std::vector<sdmae::index> shape) {
    sdmae::index count = 1;
    for (const sdmae::index extent : shape) count *= extent;
    std::vector<float> values;
    for (sdmae::index i = 0; i < count; ++i) values.push_back(static_cast<float>(numbers.uniform(-1, 1)));
    made[name] = {std::move(shape), std::move(values)};
  };
  const auto linear = [&](const std::string& name, sdmae::index out, sdmae::index in) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  };
  const auto norm = [&](const std::string& name, sdmae::index width) {
    add(name + ".weight", {width});
    add(name + ".bias", {width});
  };
  const auto tower = [&](const std::string& name, int depth, sdmae::index width) {
    for (int i = 0; i < depth; ++i) {
      const std::string block = name + "." + std::to_string(i);
      norm(block + ".norm1", width);
      linear(block + ".attn.qkv", 3 * width, width);
      linear(block + ".attn.proj", width, width);
      norm(block + ".norm2", width);
      linear(block + ".mlp.fc1", 2 * width, width);
      linear(block + ".mlp.fc2", width, 2 * width);
    }
  };
  add("cls_token", {1, 1, 8});
  add("pos_embed", {1, 17, 8});
  add("patch_embed.proj.weight", {8, 3, 4, 4});
  add("patch_embed.proj.bias", {8});
  tower("blocks", 2, 8);
  norm("norm", 8);
  linear("decoder_embed", 4, 8);
  add("mask_token", {1, 1, 4});
  add("decoder_pos_embed", {1, 17, 4});
  tower("decoder_blocks", 1, 4);
  norm("decoder_norm", 4);
  linear("decoder_pred", 48, 4);
  return made;
}

inline void write_weights(const std::filesystem::path& path, const std::map<std::string, mae_tensor>& weights) {
  std::vector<sdmae::tensor_to_write> list;
  for (const auto& [name, tensor] : weights)
    list.push_back(sdmae::tensor_from(name, tensor.shape, tensor.values.data()));
  sdmae::write_safetensors(path, std::move(list), {{"format", "pt"}});
}
