// Writes a model's weights in another world's format: SD-MAE's, timm's, facebookresearch/mae's, transformers', ONNX.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <vector>

#include "sdmae/io/onnx_vit.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "sdmae/io/weight_convert.hpp"
#include "sdmae/model/presets.hpp"
#include "support/program.hpp"

namespace {

using sdmae::index;
using sdmae::weight_format;

struct options {
  std::string in, out, to, image, config;
  index heads = 0;
  int threads = 0;         // taken like by every program; a conversion waits for the disk
  std::uint64_t seed = 0;  // the same: nothing here is random
};

/// What no tensor tells of a model, from wherever it is known. 0: from nowhere.
struct model_facts {
  sdmae::image_size image;
  index heads = 0;
  double norm_epsilon = 0;
};

template <class Preset>
void learn(const std::string& name, model_facts& facts) {
  using architecture = typename Preset::architecture;
  if (name != Preset::name) return;
  facts.image = {architecture::image.height, architecture::image.width};
  facts.heads = architecture::encoder_shape.heads;
}

/// Facts of a preset by its name; all that are known, compiled in or not.
model_facts facts_of_preset(const std::string& name) {
  namespace presets = sdmae::presets;
  model_facts facts;
  learn<presets::quickstart>(name, facts);
  learn<presets::pretrain_mae_tiny_patch16_224>(name, facts);
  learn<presets::pretrain_mae_small_patch16_224>(name, facts);
  learn<presets::pretrain_mae_smallEx_patch16_224>(name, facts);
  learn<presets::pretrain_mae_small_patch8_96>(name, facts);
  learn<presets::mae_vit_base_patch16>(name, facts);
  learn<presets::mae_vit_large_patch16>(name, facts);
  learn<presets::mae_vit_huge_patch14>(name, facts);
  return facts;
}

/// What a config.json of transformers says: heads, image size and the layer norms' epsilon.
void read_config(const std::string& path, model_facts& facts) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw sdmae::error(path, "cannot open", "check the path");
  const nlohmann::json config = nlohmann::json::parse(file, nullptr, false);
  if (!config.is_object()) throw sdmae::error(path, "is no JSON object", "give the config.json beside the weights");
  try {
    facts.heads = config.value("num_attention_heads", facts.heads);
    facts.norm_epsilon = config.value("layer_norm_eps", facts.norm_epsilon);
    const nlohmann::json image = config.value("image_size", nlohmann::json());
    if (image.is_number_integer()) facts.image = {image.get<index>(), image.get<index>()};
    if (image.is_array() && image.size() == 2) facts.image = {image[0].get<index>(), image[1].get<index>()};
  } catch (const nlohmann::json::exception& problem) {
    throw sdmae::error(path, problem.what(), "give the config.json beside the weights");
  }
  if (!(facts.norm_epsilon >= 0 && facts.norm_epsilon < 1) || facts.heads < 0 || facts.image.height < 0 ||
      facts.image.width < 0)
    throw sdmae::error(path, "layer_norm_eps, num_attention_heads or image_size is out of range", "correct it");
}

model_facts gather_facts(const options& asked, const sdmae::safetensors_file& file) {
  const auto preset = file.metadata().find("sdmae.preset");
  model_facts facts = preset == file.metadata().end() ? model_facts{} : facts_of_preset(preset->second);
  // The file's own word counts more than its preset's: its positions may have been interpolated.
  if (const auto said = file.metadata().find("sdmae.image"); said != file.metadata().end())
    facts.image = sdmae::image_size_of(said->second).value_or(facts.image);
  if (!asked.config.empty()) read_config(asked.config, facts);
  if (asked.heads != 0) facts.heads = asked.heads;
  return facts;
}

/// All layer norms here have 1e-6; ViTMAE's configurations say 1e-12 unless told otherwise, and no tensor tells.
void tell_epsilon(const options& asked, const sdmae::weights_file& weights, const model_facts& facts) {
  const bool from_hf = weights.format == weight_format::hf_mae;
  std::string notice;
  if (asked.to == "hf_mae" && !from_hf)
    notice =
        "set layer_norm_eps=1e-6 in ViTMAEConfig: it says 1e-12 by default, and these weights were trained with 1e-6";
  else if (from_hf && asked.to != "hf_mae" && asked.config.empty())
    notice = "layer_norm_eps is taken to be 1e-6; the hub's config.json says 1e-12: give it with --config";
  else if (from_hf && asked.to != "hf_mae" && asked.to != "onnx" && facts.norm_epsilon != 1e-6)
    notice =
        "the configuration's layer_norm_eps is not 1e-6, which every layer norm of this format has: outputs will "
        "differ slightly";
  if (!notice.empty()) std::fprintf(stderr, "convert: notice: %s\n", notice.c_str());
}

std::map<std::string, std::string> metadata_for(const sdmae::weights_file& weights, const model_facts& facts) {
  std::map<std::string, std::string> metadata{{"format", "pt"}};  // transformers reads no file without it
  const auto& old = weights.file->metadata();
  for (const char* kept : {"sdmae.preset", "sdmae.image", "sdmae.heads"})
    if (const auto found = old.find(kept); found != old.end()) metadata.insert(*found);
  if (facts.heads != 0) metadata["sdmae.heads"] = std::to_string(facts.heads);
  return metadata;
}

void export_onnx(const options& asked, const sdmae::weights_file& weights, const model_facts& facts,
                 sdmae::vit::patch_grid grid) {
  sdmae::onnx_options settings{.heads = sdmae::heads_of(weights, facts.heads), .grid = grid};
  if (facts.norm_epsilon > 0) settings.norm_epsilon = facts.norm_epsilon;
  sdmae::write_onnx(weights, settings, asked.out);
}

/// Writes what was asked for; returns what became of every tensor.
sdmae::load_report convert(const options& asked) {
  sdmae::weights_file weights = sdmae::open_weights(asked.in);
  model_facts facts = gather_facts(asked, *weights.file);
  const bool onnx = asked.to == "onnx";
  const auto& names = sdmae::weight_format_names;
  const weight_format to =
      onnx ? weight_format::timm
           : static_cast<weight_format>(std::find(names.begin(), names.end(), asked.to) - names.begin());
  if (facts.heads != 0) sdmae::heads_of(weights, facts.heads);
  std::map<std::string, std::string> metadata = metadata_for(weights, facts);
  if (to == weight_format::timm) {
    const sdmae::image_size image = sdmae::image_size_of(asked.image).value_or(sdmae::image_size{});
    const sdmae::vit::patch_grid grid = sdmae::place_positions(weights, facts.image, image);
    const index patch = weights.vit.patch;
    metadata["sdmae.image"] = sdmae::text_of({grid.height * patch, grid.width * patch});
    if (onnx) export_onnx(asked, weights, facts, grid);
  }
  const sdmae::weight_set written = sdmae::converted(weights, to);
  if (!onnx) sdmae::write_safetensors(asked.out, written.to_write(weights.file), metadata);
  tell_epsilon(asked, weights, facts);
  return sdmae::report_of(weights, written);
}

void run(const options& asked) {
  std::error_code ignored;
  if (std::filesystem::equivalent(asked.in, asked.out, ignored))
    throw CLI::ValidationError("--out", "is the file of --in; choose another name");
  if (!asked.image.empty() && asked.to != "timm" && asked.to != "onnx")
    throw CLI::ValidationError(
        "--image", "is for --to timm and onnx: other formats keep the image size that they have; leave it out");
  const sdmae::load_report report = convert(asked);
  std::printf("%swrote %s\n", report.text().c_str(), asked.out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes a model's weights in another format, and says what became of every tensor.", "convert");
  options asked;
  app.add_option("--in", asked.in, "safetensors file: a checkpoint, or weights of timm, facebookresearch/mae or ViTMAE")
      ->required();
  app.add_option("--out", asked.out, "file to write")->required()->check(program::not_empty());
  app.add_option("--to", asked.to, "released, timm, fb_mae, hf_mae or onnx")
      ->required()
      ->check(CLI::IsMember({"released", "timm", "fb_mae", "hf_mae", "onnx"}));
  app.add_option("--heads", asked.heads, "attention heads of the encoder, where nothing else tells (onnx)")
      ->check(program::whole<sdmae::index>(1, 1024));
  app.add_option("--image", asked.image, "image size, HEIGHTxWIDTH: of a file that does not tell, or one to resize to")
      ->check(CLI::Validator(
          [](std::string& value) {
            return sdmae::image_size_of(value) ? std::string() : value + " is not a size like 224x448";
          },
          "HxW"));
  app.add_option("--config", asked.config, "config.json of transformers: heads, image size, layer_norm_eps");
  app.add_option("--threads", asked.threads, "taken like by every program; one does all")
      ->check(program::whole(1, 1024));
  app.add_option("--seed", asked.seed, "taken like by every program; nothing here is random")
      ->check(program::whole<std::uint64_t>(0, ~std::uint64_t{0}));
  return program::run(app, argc, argv, [&] { run(asked); });
}
