// The same weights under other names: SD-MAE's, timm's, facebookresearch/mae's and transformers'.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/weight_file.hpp"
#include "sdmae/io/weight_positions.hpp"

namespace sdmae {

namespace detail {

inline void split_attention(weight_set& tensors, const std::string& block, const char* kind) {
  const std::string whole = block + ".attn.qkv." + kind;
  const assembled_tensor from = tensors.at(whole);
  const index third = from.shape[0] / 3;
  tensors.remove(whole);
  for (index i = 0; i < 3; ++i)
    tensors.add(rows_of(from, i * third, (i + 1) * third, block + ".attn." + "qkv"[i] + "." + kind));
}

[[noreturn]] inline void refuse_conversion(const weights_file& from, weight_format to, const std::string& why,
                                           const std::string& remedy) {
  throw error(from.file->name(),
              std::string(weight_format_name(from.format)) + " cannot become " + weight_format_name(to) + ": " + why,
              remedy);
}

inline bool of_head(const std::string& name) { return starts_with(name, "fc_norm.") || starts_with(name, "head."); }

inline void keep_encoder(weight_set& tensors, bool with_head) {
  std::vector<std::string> others;
  for (const auto& [name, tensor] : tensors.all()) {
    const bool encoder = name == "cls_token" || name == "pos_embed" || starts_with(name, "patch_embed.") ||
                         starts_with(name, "blocks.") || starts_with(name, "norm.");
    if (!encoder && !(with_head && of_head(name))) others.push_back(name);
  }
  for (const std::string& name : others) tensors.remove(name);
}

}  // namespace detail

/// The encoder under common names, and a classifier's head where there is one.
inline weight_set encoder_alone(const weights_file& from) {
  weight_set tensors = from.tensors;
  detail::keep_encoder(tensors, true);
  return tensors;
}

namespace detail {

inline bool has_key_bias(const weights_file& from, const std::string& block) {
  const assembled_tensor& bias = from.tensors.at(block + ".attn.qkv.bias");
  const index third = bias.shape[0] / 3;
  const std::vector<float> keys = values_of(*from.file, rows_of(bias, third, 2 * third, "keys"));
  return std::any_of(keys.begin(), keys.end(), [](float value) { return value != 0; });
}

// SD-MAE's encoder, and a head: what the released one has not (class token, biases of keys, positions other than the
// sinusoid) as its variants have it.
inline weight_set released_encoder(const weights_file& from) {
  weight_set tensors = encoder_alone(from);
  if (is_sinusoid(values_of(*from.file, from.tensors.at("pos_embed")), from.vit.width, from.vit.class_token))
    tensors.remove("pos_embed");
  bool keys = false;
  each_block(from.tensors, "blocks.", [&](const std::string& block) { keys = keys || has_key_bias(from, block); });
  each_block(from.tensors, "blocks.", [&](const std::string& block) {
    if (keys) return;
    split_attention(tensors, block, "bias");
    tensors.remove(block + ".attn.k.bias");
    for (const char* kind : {"q", "v"}) {
      assembled_tensor bias = tensors.at(block + ".attn." + kind + ".bias");
      tensors.remove(bias.name);
      bias.name = block + ".attn." + kind + "_bias";
      tensors.add(std::move(bias));
    }
  });
  weight_set renamed;
  for (const auto& [name, tensor] : tensors.all()) {
    assembled_tensor other = tensor;
    if (!of_head(name)) other.name = released_name_of_common(name);
    renamed.add(std::move(other));
  }
  return renamed;
}

inline weight_set masked_autoencoder(const weights_file& from, weight_format to) {
  if (!from.vit.class_token)
    refuse_conversion(from, to, "it has no class token (cls_token)", "convert it to timm or onnx instead");
  if (!from.vit.final_norm) refuse_conversion(from, to, "it has no final norm (norm.weight)", "convert it to onnx");
  if (from.vit.layer_scale)
    refuse_conversion(from, to, "it has layer scale (blocks.0.ls1.gamma), which that format has not",
                      "convert it to timm or onnx instead");
  weight_set tensors = from.tensors;
  if (from.format == weight_format::timm) keep_encoder(tensors, false);
  if (to == weight_format::fb_mae) return tensors;
  for (const char* start : {"blocks.", "decoder_blocks."})
    each_block(from.tensors, start, [&](const std::string& block) {
      for (const char* kind : {"weight", "bias"}) split_attention(tensors, block, kind);
    });
  weight_set renamed;
  for (const auto& [name, tensor] : tensors.all()) {
    assembled_tensor other = tensor;
    other.name = hf_name_of_common(name);
    renamed.add(std::move(other));
  }
  return renamed;
}

}  // namespace detail

/// The same weights in another format.
///   released -> released   without the training state of a checkpoint
///   released -> timm       the encoder; where SD-MAE has no key biases and stores no positions, they are written out
///   timm -> released       the encoder and its head; a class token, biases of keys and positions other than the
///                          sinusoid are stored as SD-MAE's variants have them
///   fb_mae <-> hf_mae      whole; fb_mae, hf_mae -> timm and timm -> fb_mae, hf_mae: the encoder
/// Throws sdmae::error with a reason for every other pair, and where a condition does not hold.
inline weight_set converted(const weights_file& from, weight_format to) {
  const bool mae = to == weight_format::fb_mae || to == weight_format::hf_mae;
  const bool released = from.format == weight_format::released;
  if (released && mae)
    detail::refuse_conversion(from, to,
                              "He et al.'s MAE has a class token, biases of keys, 2-D positions and a decoder that "
                              "unshuffles, which no SD-MAE has together, and no place for projection heads",
                              "convert its encoder to timm or onnx");
  if (to == weight_format::released && (from.format == weight_format::fb_mae || from.format == weight_format::hf_mae))
    detail::refuse_conversion(from, to,
                              "SD-MAE has no class token, no biases of keys, 1-D sinusoid positions, another decoder, "
                              "and projection heads that it would have to invent",
                              "convert its encoder to timm or onnx, or to timm and from there to released, a variant");
  if (released && to == weight_format::released) {
    weight_set same;
    for (const tensor_info& tensor : from.file->tensors())
      if (!detail::starts_with(tensor.name, "sdmae.")) same.add(assemble(tensor, tensor.name));
    return same;
  }
  if (to == weight_format::released) return detail::released_encoder(from);
  if (mae) return detail::masked_autoencoder(from, to);
  if (from.vit.attention != from.vit.width)
    detail::refuse_conversion(from, to,
                              "its attention is " + std::to_string(from.vit.attention) + " wide and its tokens " +
                                  std::to_string(from.vit.width) +
                                  " (vit_shape::width_of_head), and that format has heads of width/heads alone",
                              "convert it to onnx");
  return encoder_alone(from);
}

/// What becomes of every tensor of the file when these are written.
inline load_report report_of(const weights_file& from, const weight_set& written) {
  load_report report;
  std::set<std::string> read;
  for (const auto& [name, tensor] : written.all())
    for (const stretch& piece : tensor.stretches) read.insert(piece.tensor);
  for (const tensor_info& tensor : from.file->tensors())
    (read.count(tensor.name) ? report.used : report.left_out).push_back(tensor.name);
  report.missing = from.missing;
  report.reshaped = from.reshaped;
  return report;
}

}  // namespace sdmae
