// What the same weights are called in four worlds, and which of them a file speaks.
//   released   SD-MAE's released code: encoder.blocks.0.attn.q_bias, decoder.blocks.0.…, encoder_proj_head.…; and what
//              our variants add to it: encoder.cls_token, encoder.pos_embed, …attn.qkv.bias, distill_projection.…;
//              fine-tuned, it has fc_norm.… and head.… instead of a decoder and of the encoder's final norm
//   timm       timm's vision transformers: blocks.0.attn.qkv.bias, pos_embed, head.weight
//   fb_mae     facebookresearch/mae: timm's names, and decoder_blocks.0.…, decoder_pred.…
//   hf_mae     transformers' ViTMAE: vit.encoder.layer.0.attention.attention.query.weight, …
// Between them stand common names: fb_mae's, with attn.{q,k,v} for thirds of attn.qkv, and ls1.gamma, ls2.gamma.
#pragma once

#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sdmae/io/safetensors.hpp"

namespace sdmae {

enum class weight_format { released, timm, fb_mae, hf_mae };

inline constexpr std::array<const char*, 4> weight_format_names{"released", "timm", "fb_mae", "hf_mae"};

constexpr const char* weight_format_name(weight_format format) {
  return weight_format_names[static_cast<std::size_t>(format)];
}

namespace detail {

struct name_pair {
  std::string_view theirs, common;
};

// Starts of names within a block. transformers 5 has the second kind in memory, and so in a state_dict saved by hand.
inline constexpr std::array<name_pair, 8> hf_block_names{{{"attention.attention.query.", "attn.q."},
                                                          {"attention.attention.key.", "attn.k."},
                                                          {"attention.attention.value.", "attn.v."},
                                                          {"attention.output.dense.", "attn.proj."},
                                                          {"layernorm_before.", "norm1."},
                                                          {"layernorm_after.", "norm2."},
                                                          {"intermediate.dense.", "mlp.fc1."},
                                                          {"output.dense.", "mlp.fc2."}}};
inline constexpr std::array<name_pair, 6> hf_block_names_in_memory{{{"attention.q_proj.", "attn.q."},
                                                                    {"attention.k_proj.", "attn.k."},
                                                                    {"attention.v_proj.", "attn.v."},
                                                                    {"attention.o_proj.", "attn.proj."},
                                                                    {"mlp.fc1.", "mlp.fc1."},
                                                                    {"mlp.fc2.", "mlp.fc2."}}};
// Starts of blocks, before their number. transformers 5.2 to 5.24 save a decoder under the third name.
inline constexpr std::array<name_pair, 2> hf_block_starts{
    {{"vit.encoder.layer.", "blocks."}, {"decoder.decoder_layers.", "decoder_blocks."}}};
inline constexpr std::array<name_pair, 2> hf_other_block_starts{
    {{"vit.layers.", "blocks."}, {"decoder.decoder_encoder.layer.", "decoder_blocks."}}};
inline constexpr std::array<name_pair, 9> hf_names{
    {{"vit.embeddings.cls_token", "cls_token"},
     {"vit.embeddings.position_embeddings", "pos_embed"},
     {"vit.embeddings.patch_embeddings.projection.", "patch_embed.proj."},
     {"vit.layernorm.", "norm."},
     {"decoder.mask_token", "mask_token"},
     {"decoder.decoder_pos_embed", "decoder_pos_embed"},
     {"decoder.decoder_embed.", "decoder_embed."},
     {"decoder.decoder_norm.", "decoder_norm."},
     {"decoder.decoder_pred.", "decoder_pred."}}};

inline bool starts_with(std::string_view text, std::string_view start) { return text.substr(0, start.size()) == start; }

// Replaces the start of a name by the first rule that fits, in one direction or the other; "" when none fits.
template <std::size_t Count>
std::string restarted(std::string_view name, const std::array<name_pair, Count>& rules, bool to_common) {
  for (const name_pair& rule : rules) {
    const std::string_view from = to_common ? rule.theirs : rule.common, to = to_common ? rule.common : rule.theirs;
    if (starts_with(name, from)) return std::string(to) + std::string(name.substr(from.size()));
  }
  return "";
}

// "blocks.11.norm1.weight" with start "blocks." ends its number at the second dot; npos when it has none.
inline std::size_t end_of_number(std::string_view name, std::string_view start) {
  std::size_t end = start.size();
  while (end < name.size() && std::isdigit(static_cast<unsigned char>(name[end])) != 0) ++end;
  return end > start.size() && end < name.size() && name[end] == '.' ? end + 1 : std::string_view::npos;
}

template <std::size_t Starts, std::size_t Names>
std::string renamed_block(std::string_view name, const std::array<name_pair, Starts>& starts,
                          const std::array<name_pair, Names>& names, bool to_common) {
  for (const name_pair& rule : starts) {
    const std::string_view from = to_common ? rule.theirs : rule.common, to = to_common ? rule.common : rule.theirs;
    if (!starts_with(name, from)) continue;
    const std::size_t end = end_of_number(name, from);
    if (end == std::string_view::npos) continue;
    const std::string rest = restarted(name.substr(end), names, to_common);
    if (!rest.empty()) return std::string(to) + std::string(name.substr(from.size(), end - from.size())) + rest;
  }
  return "";
}

// A name whose end, if it is one of two, is replaced.
inline std::string with_other_end(std::string_view name, std::string_view first, std::string_view first_becomes,
                                  std::string_view second, std::string_view second_becomes) {
  const auto ends = [&](std::string_view end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
  };
  if (ends(first)) return std::string(name.substr(0, name.size() - first.size())) + std::string(first_becomes);
  if (ends(second)) return std::string(name.substr(0, name.size() - second.size())) + std::string(second_becomes);
  return std::string(name);
}

}  // namespace detail

/// The common name of a ViTMAE tensor, spelled as on the hub, as transformers 5 has it in memory or as it saves it, of
/// the whole model or of its encoder alone; "" when it is none.
inline std::string common_name_of_hf(std::string_view name) {
  std::string whole(name);
  for (const char* start : {"embeddings.", "encoder.layer.", "layers.", "layernorm."})
    if (detail::starts_with(name, start)) whole = "vit." + whole;
  std::string common;
  for (const auto& starts : {detail::hf_block_starts, detail::hf_other_block_starts}) {
    if (common.empty()) common = detail::renamed_block(whole, starts, detail::hf_block_names, true);
    if (common.empty()) common = detail::renamed_block(whole, starts, detail::hf_block_names_in_memory, true);
  }
  return common.empty() ? detail::restarted(whole, detail::hf_names, true) : common;
}

/// The hub's name; "" for what ViTMAE does not have.
inline std::string hf_name_of_common(std::string_view name) {
  const std::string block = detail::renamed_block(name, detail::hf_block_starts, detail::hf_block_names, false);
  return block.empty() ? detail::restarted(name, detail::hf_names, false) : block;
}

/// The common name of a tensor of the released encoder; "" for one outside of it. Only layer scale is called otherwise.
inline std::string common_name_of_released(std::string_view name) {
  if (!detail::starts_with(name, "encoder.")) return "";
  return detail::with_other_end(name.substr(8), ".gamma_1", ".ls1.gamma", ".gamma_2", ".ls2.gamma");
}

inline std::string released_name_of_common(std::string_view name) {
  return "encoder." + detail::with_other_end(name, ".ls1.gamma", ".gamma_1", ".ls2.gamma", ".gamma_2");
}

/// Which format a file is in, by its keys, if any. An encoder of facebookresearch/mae without its decoder is a timm
/// file.
inline std::optional<weight_format> known_format(const safetensors_file& file) {
  if (file.contains("encoder.patch_embed.proj.weight")) return weight_format::released;
  for (const char* start : {"vit.", ""})
    if (file.contains(std::string(start) + "embeddings.patch_embeddings.projection.weight"))
      return weight_format::hf_mae;
  if (!file.contains("patch_embed.proj.weight")) return std::nullopt;
  for (const char* decoder : {"mask_token", "decoder_embed.weight", "decoder_pos_embed", "decoder_pred.weight"})
    if (file.contains(decoder)) return weight_format::fb_mae;
  return weight_format::timm;
}

/// The same of a file that must be in one: throws sdmae::error when it is in none.
inline weight_format format_of(const safetensors_file& file) {
  if (const auto format = known_format(file)) return *format;
  throw error(file.name(), "holds no vision transformer under names known here (released, timm, fb_mae, hf_mae)",
              "give a file of weights; \"model.\" or the like before every name has to be taken off");
}

}  // namespace sdmae
