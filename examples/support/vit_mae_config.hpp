// transformers' config.json of a ViTMAE: read for what no tensor tells, and written beside converted weights.
#pragma once

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "sdmae/io/image_size.hpp"
#include "sdmae/io/weight_file.hpp"
#include "sdmae/vit/position_resize.hpp"

namespace program {

/// What no tensor tells of a model, from wherever it is known. 0: from nowhere.
struct model_facts {
  sdmae::image_size image;
  sdmae::index heads = 0, decoder_heads = 0;
  double norm_epsilon = 0;
};

/// Throws sdmae::error for a file that is no object of JSON.
inline nlohmann::json open_config(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw sdmae::error(path.string(), "cannot open", "check the path");
  nlohmann::json config = nlohmann::json::parse(file, nullptr, false);
  if (!config.is_object()) throw sdmae::error(path.string(), "is no JSON object", "give a config.json of transformers");
  return config;
}

/// Heads, image size and the layer norms' epsilon. Throws sdmae::error for values of another kind or out of range.
inline void read_config(const std::string& path, model_facts& facts) {
  const nlohmann::json config = open_config(path);
  try {
    facts.heads = config.value("num_attention_heads", facts.heads);
    facts.decoder_heads = config.value("decoder_num_attention_heads", facts.decoder_heads);
    facts.norm_epsilon = config.value("layer_norm_eps", facts.norm_epsilon);
    const nlohmann::json image = config.value("image_size", nlohmann::json());
    using sdmae::index;
    if (image.is_number_integer()) facts.image = {image.get<index>(), image.get<index>()};
    if (image.is_array() && image.size() == 2) facts.image = {image[0].get<index>(), image[1].get<index>()};
  } catch (const nlohmann::json::exception& problem) {
    throw sdmae::error(path, problem.what(), "give the config.json beside the weights");
  }
  if (!(facts.norm_epsilon >= 0 && facts.norm_epsilon < 1) || facts.heads < 0 || facts.decoder_heads < 0 ||
      facts.image.height < 0 || facts.image.width < 0)
    throw sdmae::error(path, "layer_norm_eps, a number of heads or image_size is out of range", "correct it");
}

/// The side of the square images of a table of positions, from what is known or from the number of its rows.
inline std::optional<sdmae::index> square_side(const sdmae::vit_facts& vit, sdmae::image_size known) {
  const sdmae::index patches = vit.positions - (vit.class_token ? 1 : 0);
  const auto grid = sdmae::vit::square_grid(patches);
  if (!grid || (known.height != 0 && (known.height != known.width || known.height / vit.patch != grid->height)))
    return {};
  return grid->height * vit.patch;
}

/// The config.json of weights in common names with a class token, with which transformers computes what they were
/// trained to. Nothing where `why_not` says why there can be none.
inline std::optional<nlohmann::ordered_json> vit_mae_config(const sdmae::weights_file& weights,
                                                            const model_facts& facts, std::string& why_not) {
  const sdmae::vit_facts& vit = weights.vit;
  const sdmae::index decoder = weights.tensors.extent("decoder_embed.weight", 0);
  const sdmae::index decoder_heads = facts.decoder_heads != 0 ? facts.decoder_heads : decoder == 512 ? 16 : 0;
  const auto side = square_side(vit, facts.image);
  if (!side) why_not = "its images are not square, as transformers' ViTMAE has them";
  const sdmae::index heads = [&]() -> sdmae::index {
    try {
      return sdmae::heads_of(weights, facts.heads);
    } catch (const sdmae::error&) {
      return 0;
    }
  }();
  if (heads == 0) why_not = "nothing tells how many attention heads the encoder has: give --heads";
  if (decoder > 0 && decoder_heads > 0 && decoder % decoder_heads != 0)
    throw sdmae::error(weights.file->name(),
                       "the decoder's width " + std::to_string(decoder) + " is not divisible by " +
                           std::to_string(decoder_heads) + " heads",
                       "give the number that it was trained with: --decoder-heads H");
  if (decoder > 0 && decoder_heads == 0)
    why_not = "nothing tells how many attention heads the decoder has: give --decoder-heads";
  if (!why_not.empty()) return {};
  nlohmann::ordered_json config{{"architectures", {decoder > 0 ? "ViTMAEForPreTraining" : "ViTMAEModel"}},
                                {"model_type", "vit_mae"},
                                {"image_size", *side},
                                {"patch_size", vit.patch},
                                {"num_channels", vit.channels},
                                {"hidden_size", vit.width},
                                {"num_hidden_layers", vit.depth},
                                {"num_attention_heads", heads},
                                {"intermediate_size", vit.hidden},
                                {"hidden_act", "gelu"},
                                {"qkv_bias", true},
                                {"layer_norm_eps", facts.norm_epsilon > 0 ? facts.norm_epsilon : 1e-6}};
  if (decoder == 0) return config;
  sdmae::index depth = 0;
  while (weights.tensors.contains("decoder_blocks." + std::to_string(depth) + ".norm1.weight")) ++depth;
  config["decoder_hidden_size"] = decoder;
  config["decoder_num_hidden_layers"] = depth;
  config["decoder_num_attention_heads"] = decoder_heads;
  config["decoder_intermediate_size"] = weights.tensors.extent("decoder_blocks.0.mlp.fc1.weight", 0);
  return config;
}

/// The first entry that the weights need and a configuration that is there has not, as it would have to be: "" for
/// none.
inline std::string first_missing(const nlohmann::json& there, const nlohmann::ordered_json& wanted) {
  for (const auto& [key, value] : wanted.items())
    if (key != "architectures" && (!there.contains(key) || there.at(key) != nlohmann::json(value)))
      return key + ": " + value.dump();
  return "";
}

}  // namespace program
