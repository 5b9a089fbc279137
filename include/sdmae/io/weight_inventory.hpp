// Which tensors a vision transformer of given sizes consists of, in each format; a file is held against the whole list.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/io/weight_names.hpp"
#include "sdmae/io/weight_report.hpp"
#include "sdmae/io/weight_set.hpp"

namespace sdmae {

/// The sizes of an encoder, as its tensors tell them; `attention` is the width of all heads together. There are
/// `positions` rows in its table (0: none is stored), the class token's included; `classes` is 0 without a head.
struct vit_facts {
  index width = 0, attention = 0, depth = 0, hidden = 0, patch = 0, channels = 0, positions = 0, classes = 0;
  bool class_token = false, layer_scale = false, final_norm = false, pooled_norm = false;
};

namespace detail {

using wanted_tensors = std::vector<std::pair<std::string, std::vector<index>>>;

enum class attention_names { whole, thirds, without_key_bias };

inline void want_linear(wanted_tensors& list, const std::string& name, index out, index in) {
  list.push_back({name + ".weight", {out, in}});
  list.push_back({name + ".bias", {out}});
}

inline void want_norm(wanted_tensors& list, const std::string& name, index width) {
  list.push_back({name + ".weight", {width}});
  list.push_back({name + ".bias", {width}});
}

// `wide`: of all heads together.
inline void want_block(wanted_tensors& list, const std::string& block, index width, index wide, index hidden,
                       attention_names attention) {
  want_norm(list, block + ".norm1", width);
  if (attention == attention_names::thirds) {
    for (const char* third : {".attn.q", ".attn.k", ".attn.v"}) want_linear(list, block + third, wide, width);
  } else if (attention == attention_names::whole) {
    want_linear(list, block + ".attn.qkv", 3 * wide, width);
  } else {
    list.push_back({block + ".attn.qkv.weight", {3 * wide, width}});
    for (const char* bias : {".attn.q_bias", ".attn.v_bias"}) list.push_back({block + bias, {wide}});
  }
  want_linear(list, block + ".attn.proj", width, wide);
  want_norm(list, block + ".norm2", width);
  want_linear(list, block + ".mlp.fc1", hidden, width);
  want_linear(list, block + ".mlp.fc2", width, hidden);
}

// SD-MAE's towers may have a bias of keys, each for itself.
inline attention_names attention_of(weight_format format, const weight_set& have, const std::string& start) {
  if (format == weight_format::hf_mae) return attention_names::thirds;
  const bool full = format != weight_format::released || have.contains(start + "0.attn.qkv.bias");
  return full ? attention_names::whole : attention_names::without_key_bias;
}

// The width of all heads together, where a format lets it be another than the tokens'.
inline index attention_width(weight_format format, const weight_set& have, const std::string& start, index width) {
  const index wide = have.extent(start + "0.attn.proj.weight", 1);
  return format == weight_format::released && wide > 0 ? wide : width;
}

// Blocks "<start>0." … as many as there are, at least one.
inline void want_tower(wanted_tensors& list, weight_format format, const weight_set& have, const std::string& start,
                       index width, const std::array<const char*, 2>& gains) {
  const attention_names attention = attention_of(format, have, start);
  index depth = 0;
  while (have.contains(start + std::to_string(depth) + ".norm1.weight")) ++depth;
  const index hidden = have.extent(start + "0.mlp.fc1.weight", 0);
  const index wide = attention_width(format, have, start, width);
  for (index i = 0; i < std::max<index>(depth, 1); ++i) {
    const std::string block = start + std::to_string(i);
    want_block(list, block, width, wide, hidden, attention);
    for (const char* gain : gains)
      if (have.contains(start + "0" + gain)) list.push_back({block + gain, {width}});
  }
}

inline wanted_tensors wanted_encoder(weight_format format, const weight_set& have, const vit_facts& vit) {
  wanted_tensors list{{"patch_embed.proj.weight", {vit.width, vit.channels, vit.patch, vit.patch}},
                      {"patch_embed.proj.bias", {vit.width}}};
  const bool mae = format == weight_format::fb_mae || format == weight_format::hf_mae;
  if (mae || vit.class_token) list.push_back({"cls_token", {1, 1, vit.width}});
  if (format != weight_format::released || vit.positions > 0)
    list.push_back({"pos_embed", {1, std::max<index>(vit.positions, 1), vit.width}});
  want_tower(list, format, have, "blocks.", vit.width, {".ls1.gamma", ".ls2.gamma"});
  if (mae || !vit.pooled_norm) want_norm(list, "norm", vit.width);
  if (!mae && vit.pooled_norm) want_norm(list, "fc_norm", vit.width);
  if (!mae && vit.classes > 0) want_linear(list, "head", vit.classes, vit.width);
  return list;
}

// Projection heads, or the linear layer that features are distilled through.
inline void want_distillation(wanted_tensors& list, const weight_set& have, index width, index decoder_width) {
  if (have.contains("distill_projection.weight") || have.contains("distill_projection.bias"))
    return want_linear(list, "distill_projection", width, decoder_width);
  for (const auto& [head, in] :
       {std::pair<std::string, index>{"encoder_proj_head", width}, {"decoder_proh_head", decoder_width}}) {
    const index hidden = have.extent(head + ".mlp.0.weight", 0), bottleneck = have.extent(head + ".mlp.4.weight", 0);
    const index prototypes = have.extent(head + ".last_layer.weight_v", 0);
    want_linear(list, head + ".mlp.0", hidden, in);
    want_linear(list, head + ".mlp.2", hidden, hidden);
    want_linear(list, head + ".mlp.4", bottleneck, hidden);
    list.push_back({head + ".last_layer.weight_g", {prototypes, 1}});
    list.push_back({head + ".last_layer.weight_v", {prototypes, bottleneck}});
  }
}

// What pre-training has beside the encoder.
inline wanted_tensors wanted_beside(weight_format format, const weight_set& have, const vit_facts& vit) {
  wanted_tensors list;
  const index width = have.extent("mask_token", 2), pixels = vit.patch * vit.patch * vit.channels;
  if (format == weight_format::timm || vit.classes > 0) return list;
  list.push_back({"mask_token", {1, 1, width}});
  if (format != weight_format::released) {
    want_linear(list, "decoder_embed", width, vit.width);
    list.push_back({"decoder_pos_embed", {1, vit.positions, width}});
    want_tower(list, format, have, "decoder_blocks.", width, {".ls1.gamma", ".ls2.gamma"});
    want_norm(list, "decoder_norm", width);
    want_linear(list, "decoder_pred", pixels, width);
    return list;
  }
  list.push_back({"encoder_to_decoder.weight", {width, vit.width}});
  if (const index rows = have.extent("decoder.pos_embed", 1); rows > 0)
    list.push_back({"decoder.pos_embed", {1, vit.positions > 0 ? vit.positions : rows, width}});
  want_tower(list, format, have, "decoder.blocks.", width, {".gamma_1", ".gamma_2"});
  want_norm(list, "decoder.norm", width);
  want_linear(list, "decoder.head", pixels, width);
  want_distillation(list, have, vit.width, width);
  return list;
}

// The name in the file's own format, for reports.
inline std::string own_name(weight_format format, const std::string& name, bool in_encoder) {
  if (starts_with(name, "fc_norm.") || starts_with(name, "head.")) return name;
  if (format == weight_format::hf_mae) return hf_name_of_common(name);
  return format == weight_format::released && in_encoder ? released_name_of_common(name) : name;
}

}  // namespace detail

inline vit_facts facts_of(const weight_set& have) {
  vit_facts vit;
  vit.width = have.extent("patch_embed.proj.weight", 0);
  vit.attention = have.extent("blocks.0.attn.proj.weight", 1);
  vit.channels = have.extent("patch_embed.proj.weight", 1);
  vit.patch = have.extent("patch_embed.proj.weight", 2);
  vit.hidden = have.extent("blocks.0.mlp.fc1.weight", 0);
  while (have.contains("blocks." + std::to_string(vit.depth) + ".norm1.weight")) ++vit.depth;
  vit.positions = have.extent("pos_embed", 1);
  vit.classes = have.extent("head.weight", 0);
  vit.class_token = have.contains("cls_token");
  vit.layer_scale = have.contains("blocks.0.ls1.gamma");
  vit.final_norm = have.contains("norm.weight");
  vit.pooled_norm = have.contains("fc_norm.weight");
  return vit;
}

/// Holds the tensors of a file against the list of its format. An encoder alone is accepted: what it lacks is returned.
/// Throws sdmae::error that names every tensor missing, unexpected, misshaped or of integers.
inline std::vector<std::string> check_inventory(const std::string& file, weight_format format, const weight_set& have,
                                                const std::vector<std::string>& strangers) {
  const vit_facts vit = facts_of(have);
  std::vector<std::string> found, absent;
  std::set<std::string> known;
  const auto hold = [&](const detail::wanted_tensors& wanted, bool in_encoder, bool may_lack) {
    for (const auto& [name, shape] : wanted) {
      known.insert(name);
      const std::string own = detail::own_name(format, name, in_encoder);
      if (!have.contains(name))
        may_lack ? absent.push_back(own) : found.push_back("missing " + own);
      else if (have.at(name).shape != shape)
        found.push_back(own + " is " + shape_text(have.at(name).shape) + ", not " + shape_text(shape));
      else if (!detail::is_floating(have.at(name).type))
        found.push_back(own + " is " + std::string(dtype_name(have.at(name).type)) + ", not floating-point");
    }
  };
  hold(detail::wanted_encoder(format, have, vit), true, false);
  const detail::wanted_tensors beside = detail::wanted_beside(format, have, vit);
  const bool alone =
      std::none_of(beside.begin(), beside.end(), [&](const auto& wanted) { return have.contains(wanted.first); });
  hold(beside, false, alone);
  for (const std::string& name : strangers) found.push_back("unexpected " + name);
  for (const auto& [name, tensor] : have.all())
    if (!known.count(name))
      found.push_back("unexpected " + (tensor.stretches.empty() ? name : tensor.stretches[0].tensor));
  if (!found.empty())
    throw error(file, "is no " + std::string(weight_format_name(format)) + " file: " + detail::joined(found),
                "give the file of one vision transformer, whole");
  return absent;
}

}  // namespace sdmae
