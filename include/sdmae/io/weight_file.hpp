// A vision transformer's weights in a file of any known format.
#pragma once

#include <charconv>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/weight_inventory.hpp"

namespace sdmae {

/// A vision transformer out of a file: its tensors under common names, attention whole. Nothing but names and shapes
/// has been read yet.
struct weights_file {
  std::shared_ptr<const safetensors_file> file;
  weight_format format = weight_format::timm;
  weight_set tensors;
  vit_facts vit;
  std::vector<std::string> missing, reshaped;
};

namespace detail {

inline bool beside_released_encoder(const std::string& name) {
  for (const char* start : {"mask_token", "decoder.", "encoder_to_decoder.", "encoder_proj_head.", "decoder_proh_head.",
                            "distill_projection.", "fc_norm.", "head."})
    if (starts_with(name, start)) return true;
  return false;
}

// A file's tensors under common names, thirds and missing key biases as they are; what lies outside the released
// encoder keeps its name. sdmae.* is a training state.
inline weight_set named_tensors(const safetensors_file& file, weight_format format,
                                std::vector<std::string>& strangers) {
  weight_set named;
  for (const tensor_info& tensor : file.tensors()) {
    if (starts_with(tensor.name, "sdmae.")) continue;
    std::string name = tensor.name;
    if (format == weight_format::hf_mae) name = common_name_of_hf(tensor.name);
    if (format == weight_format::released && !beside_released_encoder(name)) name = common_name_of_released(name);
    if (name.empty() || named.contains(name))
      strangers.push_back(tensor.name);
    else
      named.add(assemble(tensor, std::move(name)));
  }
  return named;
}

// attn.{q,k,v} stacked, or attn.{q_bias, 0, v_bias}: attn.qkv.
inline void join_attention(const std::string& file, weight_set& tensors, const std::string& block) {
  const auto join = [&](const std::string& whole, std::vector<std::string> names) {
    std::vector<assembled_tensor> parts;
    for (const std::string& name : names)
      parts.push_back(name.empty() ? zeros_like(parts[0]) : tensors.at(block + name));
    for (const assembled_tensor& part : parts)
      if (part.type != parts[0].type)
        throw error(file, block + whole + " would have parts of different element types", "store them as one type");
    for (const std::string& name : names) tensors.remove(block + name);
    tensors.add(stacked(parts, block + whole));
  };
  if (tensors.contains(block + ".attn.q.weight")) {
    join(".attn.qkv.weight", {".attn.q.weight", ".attn.k.weight", ".attn.v.weight"});
    join(".attn.qkv.bias", {".attn.q.bias", ".attn.k.bias", ".attn.v.bias"});
  }
  if (tensors.contains(block + ".attn.q_bias")) join(".attn.qkv.bias", {".attn.q_bias", "", ".attn.v_bias"});
}

template <class Action>
void each_block(const weight_set& tensors, const std::string& start, Action action) {
  for (index i = 0; tensors.contains(start + std::to_string(i) + ".norm1.weight"); ++i)
    action(start + std::to_string(i));
}

}  // namespace detail

/// Opens a file of weights in any known format and checks it whole. Throws sdmae::error for PyTorch's own files, for
/// damaged ones, and for tensors missing, unexpected or misshaped.
inline weights_file open_weights(const std::filesystem::path& path) {
  weights_file opened;
  opened.file = std::make_shared<const safetensors_file>(path);
  opened.format = format_of(*opened.file);
  std::vector<std::string> strangers;
  opened.tensors = detail::named_tensors(*opened.file, opened.format, strangers);
  opened.missing = check_inventory(path.string(), opened.format, opened.tensors, strangers);
  for (const char* start : {"blocks.", "decoder_blocks."})
    detail::each_block(opened.tensors, start,
                       [&](const std::string& block) { detail::join_attention(path.string(), opened.tensors, block); });
  opened.vit = facts_of(opened.tensors);
  return opened;
}

/// How many attention heads the weights have, which no tensor tells: `known` where it is not 0, else what the file's
/// metadata say, else what the published models of that width have. Throws sdmae::error when none of them tells, or the
/// width of the heads together is not divisible by it.
inline index heads_of(const weights_file& weights, index known = 0) {
  const index width = weights.vit.width, attention = weights.vit.attention;
  index heads = known;
  const auto& metadata = weights.file->metadata();
  if (const auto said = metadata.find("sdmae.heads"); heads == 0 && said != metadata.end())
    std::from_chars(said->second.data(), said->second.data() + said->second.size(), heads);
  if (heads == 0 && attention == width && (width == 192 || width == 384 || width == 768 || width == 1024))
    heads = width / 64;
  if (heads == 0 && attention == width && width == 1280) heads = 16;
  if (heads == 0)
    throw error(weights.file->name(),
                "does not tell how many attention heads its blocks of width " + std::to_string(width) + " have",
                "add it: --heads H");
  if (heads < 0 || attention % heads != 0)
    throw error(weights.file->name(),
                (attention == width ? "width " : "the width of its attention, ") + std::to_string(attention) +
                    (attention == width ? "" : ",") + " is not divisible by " + std::to_string(heads) + " heads",
                "give the number that it was trained with: --heads H");
  return heads;
}

}  // namespace sdmae
