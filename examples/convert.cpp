// Writes a model's weights in another world's format: SD-MAE's, timm's, facebookresearch/mae's, transformers', ONNX.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>

#include "sdmae/io/atomic_file.hpp"
#include "sdmae/io/onnx_vit.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "sdmae/io/weight_convert.hpp"
#include "support/known_presets.hpp"
#include "support/output_files.hpp"
#include "support/program.hpp"
#include "support/stain_option.hpp"
#include "support/vit_mae_config.hpp"

namespace {

using program::model_facts;
using sdmae::index;
using sdmae::weight_format;

struct options {
  std::string in, out, to, image, config;
  index heads = 0, decoder_heads = 0;
  int threads = 0;         // taken like by every program; a conversion waits for the disk
  std::uint64_t seed = 0;  // the same: nothing here is random
};

template <class... Presets>
model_facts facts_among(const std::string& name, sdmae::presets::preset_list<Presets...>) {
  model_facts facts;
  const auto learn = [&]<class Preset>(std::type_identity<Preset>) {
    using architecture = typename Preset::architecture;
    if (name == Preset::name)
      facts = {.image = {architecture::image.height, architecture::image.width},
               .heads = architecture::encoder_shape.heads,
               .decoder_heads = architecture::decoder_shape.heads};
  };
  (learn(std::type_identity<Presets>{}), ...);
  return facts;
}

/// Facts of a preset by its name; all that are known, compiled in or not.
model_facts facts_of_preset(const std::string& name) { return facts_among(name, program::known_presets{}); }

model_facts gather_facts(const options& asked, const sdmae::safetensors_file& file) {
  const auto preset = file.metadata().find("sdmae.preset");
  model_facts facts = preset == file.metadata().end() ? model_facts{} : facts_of_preset(preset->second);
  // The file's own word counts more than its preset's: its positions may have been interpolated.
  if (const auto said = file.metadata().find("sdmae.image"); said != file.metadata().end())
    facts.image = sdmae::image_size_of(said->second).value_or(facts.image);
  if (const auto said = file.metadata().find("sdmae.heads"); said != file.metadata().end())
    std::from_chars(said->second.data(), said->second.data() + said->second.size(), facts.heads);
  if (!asked.config.empty()) program::read_config(asked.config, facts);
  if (asked.heads != 0 && facts.heads != 0 && asked.heads != facts.heads)
    throw sdmae::error(asked.in,
                       "has " + std::to_string(facts.heads) + " attention heads, not " + std::to_string(asked.heads),
                       "leave --heads out");
  if (asked.heads != 0) facts.heads = asked.heads;
  if (asked.decoder_heads != 0) facts.decoder_heads = asked.decoder_heads;
  return facts;
}

void tell(const std::string& notice) { std::fprintf(stderr, "convert: notice: %s\n", notice.c_str()); }

/// All layer norms here have 1e-6; ViTMAE's configurations say 1e-12 unless told otherwise, and no tensor tells.
void tell_epsilon(const options& asked, const sdmae::weights_file& weights, const model_facts& facts) {
  if (weights.format != weight_format::hf_mae || asked.to == "hf_mae") return;
  if (asked.config.empty())
    tell("layer_norm_eps is taken to be 1e-6; the hub's config.json says 1e-12: give it with --config");
  else if (asked.to != "onnx" && facts.norm_epsilon != 1e-6)
    tell(
        "the configuration's layer_norm_eps is not 1e-6, which every layer norm of this format has: outputs will "
        "differ slightly");
}

/// transformers loads a folder with model.safetensors and config.json. The configuration is written with the weights
/// where they have that name and none is there; what is there stays, and is told where it does not fit.
class hub_config {
 public:
  hub_config(const options& asked, const sdmae::weights_file& weights, const model_facts& facts)
      : path_(std::filesystem::path(asked.out).replace_filename("config.json")) {
    const bool named = std::filesystem::path(asked.out).filename() == "model.safetensors";
    const bool from_hf = weights.format == weight_format::hf_mae;
    std::string why_not;
    std::optional<nlohmann::ordered_json> config;
    if (from_hf && facts.norm_epsilon == 0)
      why_not = "no tensor tells its layer_norm_eps: give the configuration of --in with --config";
    else
      config = program::vit_mae_config(weights, facts, why_not);
    if (!named) {
      if (!from_hf)
        notice_ =
            "set layer_norm_eps=1e-6 in ViTMAEConfig: it says 1e-12 by default, and these weights were trained with "
            "1e-6; named model.safetensors, they get a config.json that says so";
    } else if (std::error_code ignored; std::filesystem::exists(path_, ignored)) {
      const std::string missing = config ? program::first_missing(program::open_config(path_), *config) : "";
      if (!missing.empty())
        notice_ = path_.string() + " was there and stays; these weights need in it " + missing +
                  ": correct it, or move it away and convert again";
    } else if (!config) {
      notice_ = "no config.json was written: " + why_not;
    } else {
      file_.emplace(path_);
      file_->write(config->dump(2) + "\n");
    }
  }

  /// Once the weights are there.
  void commit() {
    if (file_) file_->commit();
    if (!notice_.empty()) tell(notice_);
  }
  std::string written() const { return file_ ? " and " + path_.string() : ""; }

 private:
  std::filesystem::path path_;
  std::optional<sdmae::atomic_file> file_;
  std::string notice_;
};

std::map<std::string, std::string> metadata_for(const sdmae::weights_file& weights, const model_facts& facts) {
  std::map<std::string, std::string> metadata{{"format", "pt"}};  // transformers reads no file without it
  const auto& old = weights.file->metadata();
  for (const char* kept : {"sdmae.preset", "sdmae.image", "sdmae.heads", program::stain_option::key})
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

/// Writes what was asked for, and says what became of every tensor.
void convert(const options& asked) {
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
  const sdmae::weight_set written = onnx ? sdmae::encoder_alone(weights) : sdmae::converted(weights, to);
  const bool elsewhere =
      to == weight_format::timm && facts.image.height != 0 && metadata.at("sdmae.image") != sdmae::text_of(facts.image);
  if (elsewhere || (to == weight_format::released && written.contains("encoder.pos_embed")))
    metadata.erase("sdmae.preset");  // whose model knows no such positions
  std::optional<hub_config> config;
  if (to == weight_format::hf_mae) config.emplace(asked, weights, facts);
  if (!onnx) sdmae::write_safetensors(asked.out, written.to_write(weights.file), metadata);
  if (config) config->commit();
  tell_epsilon(asked, weights, facts);
  if ((onnx || config) && metadata.contains(program::stain_option::key))
    tell("the model was trained on stain " + program::stain_option::text(metadata.at(program::stain_option::key)) +
         " (sdmae/data/stain_normalise.hpp has version " + program::stain_option::version +
         "): normalise its input the same way");
  std::printf("%swrote %s%s\n", sdmae::report_of(weights, written).text().c_str(), asked.out.c_str(),
              config ? config->written().c_str() : "");
}

void run(const options& asked) {
  program::check_outputs({{"--out", asked.out}}, {{"--in", asked.in}, {"--config", asked.config}});
  if (!asked.image.empty() && asked.to != "timm" && asked.to != "onnx")
    throw CLI::ValidationError(
        "--image", "is for --to timm and onnx: other formats keep the image size that they have; leave it out");
  if (asked.decoder_heads != 0 && asked.to != "hf_mae")
    throw CLI::ValidationError("--decoder-heads", "is for the config.json of --to hf_mae; leave it out");
  convert(asked);
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
  app.add_option("--heads", asked.heads, "attention heads of the encoder, where nothing else tells (onnx, hf_mae)")
      ->check(program::whole<sdmae::index>(1, 1024));
  app.add_option("--decoder-heads", asked.decoder_heads, "and of the decoder (hf_mae)")
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
