// Conversions: byte for byte there and back, and a reason for everything that cannot be.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include "sdmae/io/weight_convert.hpp"

#include <cstring>
#include <limits>

#include "catch.hpp"
#include "mae_weights.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

using weights = std::map<std::string, mae_tensor>;

weights read(const std::filesystem::path& path) {
  const safetensors_file file(path);
  weights held;
  for (const tensor_info& tensor : file.tensors()) held[tensor.name] = {tensor.shape, file.read<float>(tensor.name)};
  return held;
}

void check_equal(const weights& got, const weights& wanted) {
  CHECK(got.size() == wanted.size());
  for (const auto& [name, tensor] : wanted) {
    INFO(name);
    REQUIRE(got.count(name) == 1);
    CHECK(got.at(name).shape == tensor.shape);
    CHECK(std::memcmp(got.at(name).values.data(), tensor.values.data(), tensor.values.size() * sizeof(float)) == 0);
  }
}

struct workshop {
  temporary_folder folder;
  load_report report;

  std::filesystem::path put(const weights& tensors, const std::string& name = "in") {
    write_weights(folder / name, tensors);
    return folder / name;
  }
  weights convert(const std::filesystem::path& from, weight_format to, image_size stored = {}, image_size asked = {}) {
    weights_file opened = open_weights(from);
    if (to == weight_format::timm) place_positions(opened, stored, asked);
    const weight_set made = converted(opened, to);
    report = report_of(opened, made);
    write_safetensors(folder / "out", made.to_write(opened.file));
    return read(folder / "out");
  }
  std::string refusal(const weights& tensors, weight_format to) {
    return error_line([&] { convert(put(tensors), to); });
  }
};

weights encoder_of(const weights& whole, const std::string& prefix = "") {
  weights encoder;
  for (const auto& [name, tensor] : whole)
    if (name.rfind(prefix, 0) == 0 && name.find("decoder_") == std::string::npos && name != "mask_token")
      encoder[name] = tensor;
  return encoder;
}

const std::filesystem::path released = golden_file("tiny/init.safetensors");
constexpr image_size tile{32, 32};

}  // namespace

TEST_CASE("facebookresearch/mae to the hub and back changes no bit, and uses every tensor") {
  workshop here;
  const weights whole = mae_weights();
  const weights hub = here.convert(here.put(whole), weight_format::hf_mae);
  CHECK(here.report.used.size() == whole.size());
  CHECK(here.report.left_out.empty());
  CHECK(hub.size() == whole.size() + 3 * 4);  // thirds of weight and bias
  const mae_tensor& qkv = whole.at("blocks.1.attn.qkv.weight");
  const mae_tensor& key = hub.at("vit.encoder.layer.1.attention.attention.key.weight");
  CHECK(key.shape == std::vector<sdmae::index>{8, 8});
  CHECK(std::equal(key.values.begin(), key.values.end(), qkv.values.begin() + 64));
  CHECK(hub.at("decoder.decoder_layers.0.intermediate.dense.bias").values ==
        whole.at("decoder_blocks.0.mlp.fc1.bias").values);
  check_equal(here.convert(here.put(hub), weight_format::fb_mae), whole);
  check_equal(here.convert(here.put(hub), weight_format::hf_mae), hub);
}

TEST_CASE("an encoder goes to timm and back; the decoder is left out, and missing on the way back") {
  workshop here;
  const weights whole = mae_weights();
  const weights timm = here.convert(here.put(whole), weight_format::timm);
  check_equal(timm, encoder_of(whole));
  CHECK(here.report.left_out.size() == whole.size() - timm.size());
  check_equal(here.convert(here.put(timm), weight_format::fb_mae), encoder_of(whole));
  const weights hub = here.convert(here.put(encoder_of(whole)), weight_format::hf_mae);
  check_equal(here.convert(here.put(hub), weight_format::timm), timm);
  CHECK(std::count(here.report.missing.begin(), here.report.missing.end(), "decoder.decoder_pred.weight") == 1);
}

TEST_CASE("SD-MAE to itself loses only what is sdmae.'s") {
  workshop here;
  weights whole = read(released);
  check_equal(here.convert(released, weight_format::released), whole);
  weights checkpoint = whole;
  checkpoint["sdmae.center"] = {{2}, {1, 2}};
  check_equal(here.convert(here.put(checkpoint), weight_format::released), whole);
  CHECK(here.report.left_out == std::vector<std::string>{"sdmae.center"});
}

TEST_CASE("SD-MAE to timm writes out zero key biases and the sinusoid; back, they are gone") {
  workshop here;
  const weights whole = read(released);
  const weights timm = here.convert(released, weight_format::timm, tile);
  const std::vector<float>& bias = timm.at("blocks.1.attn.qkv.bias").values;
  CHECK(std::equal(bias.begin(), bias.begin() + 32, whole.at("encoder.blocks.1.attn.q_bias").values.begin()));
  CHECK(std::vector<float>(bias.begin() + 32, bias.begin() + 64) == std::vector<float>(32, 0.0f));
  CHECK(std::equal(bias.begin() + 64, bias.end(), whole.at("encoder.blocks.1.attn.v_bias").values.begin()));
  CHECK(timm.at("pos_embed").shape == std::vector<sdmae::index>{1, 16, 32});
  CHECK(timm.at("pos_embed").values == vit::sinusoid_1d<float>(16, 32));
  CHECK(timm.count("cls_token") == 0);
  check_equal(here.convert(here.put(timm), weight_format::released), encoder_of(whole, "encoder."));
  // Layer scale and an oblong grid.
  const std::filesystem::path oblong = golden_file("tiny_rect/init.safetensors");
  const weights scaled = here.convert(oblong, weight_format::timm, {32, 48});
  CHECK(scaled.at("blocks.2.ls1.gamma").values == read(oblong).at("encoder.blocks.2.gamma_1").values);
  check_equal(here.convert(here.put(scaled), weight_format::released), encoder_of(read(oblong), "encoder."));
}

TEST_CASE("a fine-tuned SD-MAE goes to timm with its head, and to itself") {
  workshop here;
  weights classifier = encoder_of(read(released), "encoder.");
  classifier["fc_norm.weight"] = classifier.at("encoder.norm.weight");
  classifier["fc_norm.bias"] = classifier.at("encoder.norm.bias");
  classifier.erase("encoder.norm.weight");
  CHECK_THAT(here.refusal(classifier, weight_format::timm), says("unexpected encoder.norm.bias"));
  classifier.erase("encoder.norm.bias");
  classifier["head.weight"] = {{3, 32}, std::vector<float>(96, 0.25f)};
  CHECK_THAT(here.refusal(classifier, weight_format::timm), says("missing head.bias"));
  classifier["head.bias"] = {{3}, {1, 2, 3}};
  const weights timm = here.convert(here.put(classifier), weight_format::timm, tile);
  CHECK(here.report.used.size() == classifier.size());
  CHECK(here.report.missing.empty());
  CHECK(timm.count("norm.weight") == 0);
  CHECK(timm.count("pos_embed") == 1);
  for (const char* name : {"fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"}) {
    REQUIRE(timm.count(name) == 1);
    CHECK(timm.at(name).values == classifier.at(name).values);
  }
  check_equal(here.convert(here.put(classifier), weight_format::released), classifier);
  check_equal(here.convert(here.put(timm), weight_format::released), classifier);
}

TEST_CASE("16-bit weights stay 16-bit") {
  workshop here;
  const weights whole = mae_weights();
  std::vector<tensor_to_write> list;
  std::map<std::string, std::vector<std::uint16_t>> halves;
  for (const auto& [name, tensor] : whole) {
    for (const float value : tensor.values)
      halves[name].push_back(static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16));
    list.push_back({name, dtype::bf16, tensor.shape, halves[name].data(), {}});
  }
  write_safetensors(here.folder / "half", list, {{"format", "pt"}});
  here.convert(here.folder / "half", weight_format::hf_mae);
  std::filesystem::copy(here.folder / "out", here.folder / "hub");
  here.convert(here.folder / "hub", weight_format::fb_mae);
  const safetensors_file back(here.folder / "out");
  for (const auto& [name, values] : halves) {
    CHECK(back.info(name).type == dtype::bf16);
    const std::vector<float> read_back = back.read<float>(name);
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(read_back[i] == bfloat16_to_float(values[i]));
  }
}

TEST_CASE("position tables are resized for another image size, and refused where none is known") {
  workshop here;
  const weights whole = mae_weights();
  const weights timm = here.convert(here.put(whole), weight_format::timm, {}, {16, 24});
  CHECK(timm.at("pos_embed").values == vit::resize_positions(whole.at("pos_embed").values, 8, 1, {4, 4}, {4, 6}));
  CHECK(here.report.reshaped == std::vector<std::string>{"pos_embed from 4x4 to 4x6 patches"});
  // Oblong now: only who knows the size can tell the grid.
  CHECK_THAT(here.refusal(timm, weight_format::timm), says("does not tell the size of its images"));
  check_equal(here.convert(here.put(timm), weight_format::timm, {}, {16, 24}), timm);
  check_equal(here.convert(here.put(timm), weight_format::timm, {16, 24}), timm);

  // SD-MAE's table is that of its own grid, interpolated.
  const weights larger = here.convert(released, weight_format::timm, tile, {48, 40});
  CHECK(larger.at("pos_embed").values == vit::resize_positions(vit::sinusoid_1d<float>(16, 32), 32, 0, {4, 4}, {6, 5}));
  CHECK_THAT(error_line([&] { here.convert(released, weight_format::timm); }), says("does not tell the size"));
  CHECK_THAT(error_line([&] {
               here.convert(released, weight_format::timm, {}, {32, 33});
             }),
             says("cannot be cut into patches of 8"));
}

TEST_CASE("what cannot be converted is refused with the reason") {
  workshop here;
  const weights mae = mae_weights();
  CHECK_THAT(here.refusal(mae, weight_format::released),
             says("fb_mae cannot become released: SD-MAE has no class token"));
  CHECK_THAT(error_line([&] { here.convert(released, weight_format::fb_mae); }), says("released cannot become fb_mae"));
  CHECK_THAT(error_line([&] { here.convert(released, weight_format::hf_mae); }), says("2-D positions"));

  const weights timm = here.convert(released, weight_format::timm, tile);
  CHECK_THAT(here.refusal(timm, weight_format::fb_mae), says("it has no class token"));
  weights pooled = encoder_of(mae);
  for (const char* kind : {"weight", "bias"}) {
    pooled[std::string("fc_norm.") + kind] = pooled[std::string("norm.") + kind];
    pooled.erase(std::string("norm.") + kind);
  }
  CHECK_THAT(here.refusal(pooled, weight_format::fb_mae), says("no final norm"));
}

TEST_CASE("timm becomes SD-MAE's variant: what the released one has not is stored, and goes back as it came") {
  workshop here;
  const weights timm = here.convert(released, weight_format::timm, tile);
  const weights plain = encoder_of(read(released), "encoder.");
  const auto there_and_back = [&](const weights& file) {
    const weights ours = here.convert(here.put(file), weight_format::released);
    for (const std::string& name : here.report.left_out) CHECK(name == "pos_embed");  // which SD-MAE computes
    check_equal(here.convert(here.put(ours), weight_format::timm, tile), file);
    return ours;
  };
  check_equal(there_and_back(timm), plain);

  weights other = timm;  // a bias of keys, in one block: the whole tower has them
  other.at("blocks.1.attn.qkv.bias").values[40] = 1e-30f;
  weights wanted = plain;
  for (const char* block : {"blocks.0", "blocks.1"}) {
    for (const char* bias : {".attn.q_bias", ".attn.v_bias"}) wanted.erase("encoder." + std::string(block) + bias);
    const std::string whole = std::string(block) + ".attn.qkv.bias";
    wanted["encoder." + whole] = other.at(whole);
  }
  check_equal(there_and_back(other), wanted);

  other = timm;  // positions that are not the sinusoid
  other.at("pos_embed").values[5] += 1e-3f;
  wanted = plain;
  wanted["encoder.pos_embed"] = other.at("pos_embed");
  check_equal(there_and_back(other), wanted);

  other = timm;  // a class token, with a place and without
  other["cls_token"] = {{1, 1, 32}, std::vector<float>(32, 0.5f)};
  mae_tensor& table = other.at("pos_embed");
  table.shape = {1, 17, 32};
  table.values.insert(table.values.begin(), 32, 0.0f);
  wanted = plain;
  wanted["encoder.cls_token"] = other.at("cls_token");
  check_equal(there_and_back(other), wanted);
  table.values[3] = 0.25f;
  wanted["encoder.pos_embed"] = table;
  check_equal(there_and_back(other), wanted);

  other = timm;  // a head on the final norm
  wanted = plain;
  other["head.weight"] = wanted["head.weight"] = {{3, 32}, std::vector<float>(96, 0.25f)};
  other["head.bias"] = wanted["head.bias"] = {{3}, {1, 2, 3}};
  check_equal(there_and_back(other), wanted);
}

TEST_CASE("a file that is not whole, or has more, is refused with every difference") {
  workshop here;
  weights bad = mae_weights();
  bad.erase("blocks.1.norm2.weight");
  bad.erase("decoder_pred.bias");
  bad["blocks.0.attn.q_norm.weight"] = {{4}, {0, 0, 0, 0}};
  bad.at("decoder_embed.weight").shape = {8, 4};
  const std::string line = here.refusal(bad, weight_format::hf_mae);
  for (const char* part : {"is no fb_mae file", "missing blocks.1.norm2.weight", "missing decoder_pred.bias",
                           "unexpected blocks.0.attn.q_norm.weight", "decoder_embed.weight is [8, 4], not [4, 8]"})
    CHECK_THAT(line, says(part));

  weights hub = here.convert(here.put(mae_weights()), weight_format::hf_mae);
  hub.erase("vit.encoder.layer.0.attention.attention.key.bias");
  hub["classifier.weight"] = {{1}, {0}};
  const std::string theirs = here.refusal(hub, weight_format::fb_mae);
  CHECK_THAT(theirs, says("missing vit.encoder.layer.0.attention.attention.key.bias"));
  CHECK_THAT(theirs, says("unexpected classifier.weight"));

  weights ours = read(released);
  ours.erase("encoder.blocks.0.attn.v_bias");
  ours.erase("decoder_proh_head.mlp.2.bias");
  ours["norm.weight"] = {{32}, std::vector<float>(32, 1)};
  const std::string own = here.refusal(ours, weight_format::released);
  CHECK_THAT(own, says("missing encoder.blocks.0.attn.v_bias"));
  CHECK_THAT(own, says("missing decoder_proh_head.mlp.2.bias"));
  CHECK_THAT(own, says("unexpected norm.weight"));
}

TEST_CASE("a value that is not finite is told by its name, and no file is left behind") {
  workshop here;
  weights bad = mae_weights();
  bad.at("decoder_blocks.0.mlp.fc2.weight").values[3] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(here.refusal(bad, weight_format::hf_mae),
             says("'decoder_blocks.0.mlp.fc2.weight' holds a value that is not"));
  CHECK(here.folder.names() == std::vector<std::string>{"in"});
}

TEST_CASE("integers are no weights, and thirds of two types no whole") {
  workshop here;
  const weights whole = mae_weights();
  const auto refusal = [&](const weights& tensors, const std::string& odd, dtype type, weight_format to) {
    std::vector<tensor_to_write> list;
    const std::vector<unsigned char> zeros(4096);
    for (const auto& [name, tensor] : tensors) list.push_back(tensor_from(name, tensor.shape, tensor.values.data()));
    for (tensor_to_write& tensor : list)
      if (tensor.name == odd) tensor = {tensor.name, type, tensor.shape, zeros.data(), {}};
    write_safetensors(here.folder / "odd", list);
    return error_line([&] { here.convert(here.folder / "odd", to); });
  };
  CHECK_THAT(refusal(whole, "norm.bias", dtype::i32, weight_format::hf_mae),
             says("norm.bias is I32, not floating-point"));
  const weights hub = here.convert(here.put(whole), weight_format::hf_mae);
  CHECK_THAT(refusal(hub, "vit.encoder.layer.0.attention.attention.key.bias", dtype::f16, weight_format::fb_mae),
             says("parts of different element types"));
}

TEST_CASE("rows of rows reach across stretches") {
  const assembled_tensor whole{"whole", dtype::f32, {4, 2}, {{"x", 0, 16}, {"", 0, 16}}, {}};
  const assembled_tensor part = rows_of(rows_of(whole, 1, 4, "middle"), 0, 2, "part");
  CHECK(part.shape == std::vector<sdmae::index>{2, 2});
  REQUIRE(part.stretches.size() == 2);
  CHECK((part.stretches[0].tensor == "x" && part.stretches[0].begin == 8 && part.stretches[0].end == 16));
  CHECK((part.stretches[1].tensor.empty() && part.stretches[1].end - part.stretches[1].begin == 8));
}

TEST_CASE("heads come from the caller, the metadata, or the width of published models") {
  workshop here;
  const auto opened = [&](sdmae::index width, const std::map<std::string, std::string>& metadata) {
    const std::vector<float> none(1);
    write_safetensors(here.folder / "h", {tensor_from("a", {1}, none.data())}, metadata);
    weights_file weights;
    weights.file = std::make_shared<const safetensors_file>(here.folder / "h");
    weights.vit.width = weights.vit.attention = width;
    return weights;
  };
  CHECK(heads_of(opened(384, {})) == 6);
  CHECK(heads_of(opened(1280, {})) == 16);
  CHECK(heads_of(opened(384, {}), 12) == 12);
  CHECK(heads_of(opened(96, {{"sdmae.heads", "3"}})) == 3);
  CHECK_THAT(error_line([&] { heads_of(opened(96, {})); }),
             says("how many attention heads its blocks of width 96 have"));
  CHECK_THAT(error_line([&] { heads_of(opened(384, {}), 5); }), says("384 is not divisible by 5 heads"));
  CHECK_THAT(error_line([&] { heads_of(opened(96, {{"sdmae.heads", "many"}})); }), says("--heads"));
}

#endif
