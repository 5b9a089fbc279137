// Names: every one there and back, and which format a file is in.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include "sdmae/io/weight_names.hpp"

#include <set>

#include "catch.hpp"
#include "mae_weights.hpp"
#include "sdmae/io/weight_report.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

TEST_CASE("names on the hub, in transformers' memory and as it saves them are one") {
  const auto common = [](const char* name) { return common_name_of_hf(name); };
  CHECK(common("vit.embeddings.cls_token") == "cls_token");
  CHECK(common("embeddings.position_embeddings") == "pos_embed");
  CHECK(common("vit.embeddings.patch_embeddings.projection.bias") == "patch_embed.proj.bias");
  for (const char* query :
       {"vit.encoder.layer.11.attention.attention.query.weight", "vit.layers.11.attention.q_proj.weight",
        "encoder.layer.11.attention.attention.query.weight", "layers.11.attention.q_proj.weight"})
    CHECK(common(query) == "blocks.11.attn.q.weight");
  for (const char* value :
       {"decoder.decoder_layers.0.attention.attention.value.bias", "decoder.decoder_layers.0.attention.v_proj.bias",
        "decoder.decoder_encoder.layer.0.attention.attention.value.bias"})
    CHECK(common(value) == "decoder_blocks.0.attn.v.bias");
  CHECK(common("vit.encoder.layer.3.attention.output.dense.weight") == "blocks.3.attn.proj.weight");
  CHECK(common("vit.encoder.layer.3.output.dense.weight") == "blocks.3.mlp.fc2.weight");
  CHECK(common("vit.encoder.layer.3.intermediate.dense.bias") == "blocks.3.mlp.fc1.bias");
  CHECK(common("vit.layers.3.mlp.fc1.bias") == "blocks.3.mlp.fc1.bias");
  CHECK(common("decoder.decoder_norm.weight") == "decoder_norm.weight");
  for (const char* stranger :
       {"classifier.weight", "vit.pooler.dense.weight", "vit.encoder.layer.x.output.dense.weight",
        "vit.encoder.layer.3", "vit.encoder.layer.3.attn.weight", ""})
    CHECK(common(stranger).empty());
}

TEST_CASE("every name of a masked autoencoder comes back from the hub's") {
  std::set<std::string> theirs;
  for (auto [name, tensor] : mae_weights()) {
    const std::size_t qkv = name.find(".qkv.");
    for (const char* third : {".q.", ".k.", ".v."}) {
      std::string common = name;
      if (qkv != std::string::npos) common.replace(qkv, 5, third);
      const std::string hub = hf_name_of_common(common);
      INFO(name << " " << hub);
      CHECK(!hub.empty());
      CHECK(common_name_of_hf(hub) == common);
      theirs.insert(hub);
    }
  }
  CHECK(theirs.size() == mae_weights().size() + 3 * 2 * 2);
  CHECK(theirs.count("vit.encoder.layer.1.layernorm_after.bias") == 1);
  CHECK(hf_name_of_common("head.weight").empty());
}

TEST_CASE("the released encoder's names are timm's behind a prefix, but for layer scale") {
  CHECK(common_name_of_released("encoder.blocks.3.gamma_2") == "blocks.3.ls2.gamma");
  CHECK(released_name_of_common("blocks.3.ls2.gamma") == "encoder.blocks.3.gamma_2");
  CHECK(common_name_of_released("encoder.norm.bias") == "norm.bias");
  CHECK(released_name_of_common("blocks.0.ls1.gamma") == "encoder.blocks.0.gamma_1");
  CHECK(common_name_of_released("decoder.norm.bias").empty());
}

TEST_CASE("a file's format shows in its keys") {
  const temporary_folder folder;
  const auto format = [&](const std::vector<std::string>& names) {
    std::map<std::string, mae_tensor> tensors;
    for (const std::string& name : names) tensors[name] = {{1}, {0.0f}};
    write_weights(folder / "a", tensors);
    return format_of(safetensors_file(folder / "a"));
  };
  CHECK(format({"encoder.patch_embed.proj.weight"}) == weight_format::released);
  CHECK(format({"patch_embed.proj.weight", "head.weight"}) == weight_format::timm);
  CHECK(format({"patch_embed.proj.weight", "decoder_embed.weight"}) == weight_format::fb_mae);
  CHECK(format({"vit.embeddings.patch_embeddings.projection.weight"}) == weight_format::hf_mae);
  CHECK(format({"embeddings.patch_embeddings.projection.weight"}) == weight_format::hf_mae);
  CHECK_THAT(error_line([&] { format({"model.patch_embed.proj.weight"}); }), says("no vision transformer"));
}

TEST_CASE("PyTorch's own files are refused with a way out, others pass") {
  const temporary_folder folder;
  put_bytes(folder / "zip.pth", std::string("PK\3\4rest"));
  put_bytes(folder / "pickle.bin", std::string("\x80\2}rest"));
  put_bytes(folder / "short", "P");
  CHECK_THAT(error_line([&] { refuse_pickles(folder / "zip.pth"); }), says("(zip)"));
  CHECK_THAT(error_line([&] { refuse_pickles(folder / "pickle.bin"); }),
             says(".safetensors file with the lines of Python"));
  CHECK(error_line([&] { refuse_pickles(folder / "short"); }).empty());
  CHECK(error_line([&] { refuse_pickles(folder / "absent"); }).empty());
}

TEST_CASE("a report tells every tensor, numbered ones together") {
  load_report report;
  report.used = {"cls_token",     "blocks.0.norm1.weight", "blocks.1.norm1.weight", "blocks.2.norm1.weight",
                 "blocks.1.gain", "head.mlp.0.bias",       "head.mlp.2.bias",       "head.mlp.4.bias"};
  report.left_out = {"fc.9"};
  CHECK(report.text() ==
        "used 8: cls_token, blocks.{0-2}.norm1.weight, blocks.1.gain, head.mlp.{0,2,4}.bias\nleft out 1: fc.9\n");
  CHECK(load_report{}.text().empty());
}

#endif
