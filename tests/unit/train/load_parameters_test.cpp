// Taking weights out of files that fit, nearly fit or do not fit: what is taken, and what is told.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include <limits>
#include <memory>

#include "catch.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "unit/io/test_files.hpp"

namespace {

using names = std::vector<std::string>;

/// Parameters on the host, as a trainer hands them out; every value starts as −1.
struct parameters {
  std::map<std::string, std::vector<float>> values;
  std::vector<sdmae::named_tensor> tensors;

  void add(const std::string& name, std::vector<sdmae::index> shape, sdmae::vit::patch_grid grid = {}) {
    sdmae::index count = 1;
    for (const sdmae::index extent : shape) count *= extent;
    std::vector<float>& own = values[name];
    own.assign(static_cast<std::size_t>(count), -1.0f);
    tensors.push_back({name, shape, count, [&own](float* out) { std::copy(own.begin(), own.end(), out); },
                       [&own](const float* in) { std::copy_n(in, own.size(), own.begin()); }, grid});
  }
  parameters() {
    add("encoder.norm.weight", {3});
    add("decoder.norm.weight", {2, 2});
    add("pos_embed", {1, 1 + 4, 2}, {2, 2});  // the first row is the class token's
  }
  bool untouched() const {
    for (const auto& [name, own] : values)
      for (const float value : own)
        if (value != -1.0f) return false;
    return true;
  }
};

struct stored {
  std::string name;
  std::vector<sdmae::index> shape;
  std::vector<float> values;
};

std::vector<float> counted(std::size_t count) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i);
  return values;
}

std::filesystem::path file_of(const temporary_folder& folder, const std::vector<stored>& tensors) {
  std::vector<sdmae::tensor_to_write> list;
  for (const stored& tensor : tensors)
    list.push_back(sdmae::tensor_from(tensor.name, tensor.shape, tensor.values.data()));
  sdmae::write_safetensors(folder / "file", list);
  return folder / "file";
}

const stored norm{"encoder.norm.weight", {3}, {1, 2, 3}}, decoder{"decoder.norm.weight", {2, 2}, {4, 5, 6, 7}};
const stored table{"pos_embed", {1, 5, 2}, counted(10)};

}  // namespace

TEST_CASE("a file that fits is taken whole; a training state is left out") {
  const temporary_folder folder;
  parameters own;
  const auto report =
      sdmae::load_parameters(file_of(folder, {norm, decoder, table, {"sdmae.center", {1}, {9}}}), own.tensors);
  CHECK(report.used == names{"encoder.norm.weight", "decoder.norm.weight", "pos_embed"});
  CHECK(report.left_out == names{"sdmae.center"});
  CHECK((report.missing.empty() && report.unexpected.empty() && report.reshaped.empty()));
  CHECK(own.values["encoder.norm.weight"] == norm.values);
  CHECK(own.values["pos_embed"] == table.values);
}

TEST_CASE("by default what is missing, unexpected or misshaped is refused together, before anything has changed") {
  const temporary_folder folder;
  parameters own;
  const auto path = file_of(folder, {norm, {"decoder.norm.weight", {4}, {4, 5, 6, 7}}, {"stranger", {1}, {0}}});
  const std::string line = error_line([&] { sdmae::load_parameters(path, own.tensors); });
  CHECK_THAT(line, says("missing pos_embed"));
  CHECK_THAT(line, says("unexpected stranger"));
  CHECK_THAT(line, says("decoder.norm.weight is [4], not [2, 2]"));
  CHECK(own.untouched());
}

TEST_CASE("an encoder alone is taken when that is accepted; files without anything are not") {
  const temporary_folder folder;
  parameters own;
  const auto path = file_of(folder, {norm, table});
  CHECK_THAT(error_line([&] { sdmae::load_parameters(path, own.tensors); }), says("missing decoder.norm.weight"));
  CHECK(own.untouched());
  const auto report = sdmae::load_parameters(path, own.tensors, {.missing = true});
  CHECK(report.missing == names{"decoder.norm.weight"});
  CHECK(report.used == names{"encoder.norm.weight", "pos_embed"});
  CHECK(own.values["decoder.norm.weight"] == std::vector<float>(4, -1.0f));
  CHECK(own.values["encoder.norm.weight"] == norm.values);
  CHECK(report.text() == "used 2: encoder.norm.weight, pos_embed\nmissing 1: decoder.norm.weight\n");

  const auto strange = file_of(folder, {norm, {"stranger", {1}, {0}}});
  CHECK_THAT(error_line([&] { sdmae::load_parameters(strange, own.tensors, {.missing = true}); }),
             says("unexpected stranger"));
  const auto more = sdmae::load_parameters(strange, own.tensors, {.missing = true, .unexpected = true});
  CHECK(more.used == names{"encoder.norm.weight"});
  CHECK(more.unexpected == names{"stranger"});
  const auto nothing = file_of(folder, {{"sdmae.center", {1}, {9}}});
  CHECK_THAT(error_line([&] { sdmae::load_parameters(nothing, own.tensors, {.missing = true}); }),
             says("missing encoder.norm.weight"));
}

TEST_CASE("a part of a model is taken whole, whatever else model and file hold") {
  const temporary_folder folder;
  parameters own;
  const auto encoder = [](const std::string& name) { return sdmae::is_of_encoder(name); };
  const auto report = sdmae::load_parameters(file_of(folder, {norm, table, {"decoder.other", {1}, {0}}}), own.tensors,
                                             {.part = encoder});
  CHECK(report.used == names{"encoder.norm.weight", "pos_embed"});
  CHECK(report.missing.empty());
  CHECK(report.left_out == names{"decoder.other"});
  CHECK(own.values["decoder.norm.weight"] == std::vector<float>(4, -1.0f));
  CHECK_THAT(error_line([&] { sdmae::load_parameters(file_of(folder, {norm}), own.tensors, {.part = encoder}); }),
             says("missing pos_embed"));
  const auto more = file_of(folder, {norm, table, {"encoder.cls_token", {1}, {0}}});
  CHECK_THAT(error_line([&] { sdmae::load_parameters(more, own.tensors, {.part = encoder}); }),
             says("unexpected encoder.cls_token"));
}

TEST_CASE("which tensors are the encoder's") {
  for (const char* own :
       {"encoder.norm.bias", "encoder.cls_token", "blocks.0.norm1.weight", "cls_token", "norm.weight"})
    CHECK(sdmae::is_of_encoder(own));
  for (const char* other :
       {"decoder.norm.bias", "decoder_embed.weight", "mask_token", "encoder_to_decoder.weight",
        "encoder_proj_head.mlp.0.bias", "decoder_proh_head.mlp.0.bias", "distill_projection.weight", "sdmae.step"})
    CHECK_FALSE(sdmae::is_of_encoder(other));
}

TEST_CASE("a file of another world's names says how it becomes one of ours") {
  const temporary_folder folder;
  parameters own;
  const auto told = [&](const char* name) {
    const auto path = file_of(folder, {{name, {1}, {0}}});
    return error_line([&] { sdmae::load_parameters(path, own.tensors); });
  };
  CHECK_THAT(told("vit.embeddings.patch_embeddings.projection.weight"), says("convert --to fb_mae"));
  CHECK_THAT(told("patch_embed.proj.weight"), says("convert --to released"));
  CHECK_THAT(told("encoder.patch_embed.proj.weight"), says("SD-MAE's names"));
}

TEST_CASE("strangers are left out when that is accepted; the remedy is told where it helps") {
  const temporary_folder folder;
  parameters own;
  const sdmae::load_options refusing{.missing = true, .remedy = "add --partial"};
  const auto path = file_of(folder, {norm, {"stranger", {1}, {0}}});
  const std::string line = error_line([&] { sdmae::load_parameters(path, own.tensors, refusing); });
  CHECK_THAT(line, says("unexpected stranger"));
  CHECK_THAT(line, says("add --partial, or choose the --preset"));
  CHECK(line.find("missing") == std::string::npos);
  CHECK(own.untouched());
  const auto report = sdmae::load_parameters(path, own.tensors, {.missing = true, .unexpected = true});
  CHECK(report.unexpected == names{"stranger"});
  CHECK(report.used == names{"encoder.norm.weight"});
  CHECK(own.values["encoder.norm.weight"] == norm.values);

  const stored wrong{"decoder.norm.weight", {4}, {4, 5, 6, 7}};
  for (const auto& tensors : {std::vector<stored>{norm, wrong}, std::vector<stored>{{"stranger", {1}, {0}}}}) {
    const auto useless = file_of(folder, tensors);
    const std::string told = error_line([&] { sdmae::load_parameters(useless, own.tensors, {.remedy = "--partial"}); });
    CHECK_THAT(told, says("does not fit the preset"));
    CHECK(told.find("--partial") == std::string::npos);
    CHECK(!error_line([&] {
             sdmae::load_parameters(useless, own.tensors, {.missing = true, .unexpected = true});
           }).empty());
  }
}

TEST_CASE("a position table of another grid is interpolated, its class row kept") {
  const temporary_folder folder;
  parameters own;
  stored other{"pos_embed", {1, 1 + 9, 2}, counted(20)};
  const auto report = sdmae::load_parameters(file_of(folder, {norm, decoder, other}), own.tensors);
  CHECK(report.reshaped == names{"pos_embed from 3x3 to 2x2 patches"});
  CHECK(own.values["pos_embed"] == sdmae::vit::resize_positions(other.values, 2, 1, {3, 3}, {2, 2}));
  CHECK(own.values["pos_embed"][1] == 1.0f);

  parameters wide;
  wide.tensors.pop_back();
  wide.add("pos_embed", {1, 7, 2}, {1, 6});
  const auto path = file_of(folder, {norm, decoder, other});
  CHECK(sdmae::load_parameters(path, wide.tensors).reshaped == names{"pos_embed from 3x3 to 1x6 patches"});
  CHECK(wide.values["pos_embed"] == sdmae::vit::resize_positions(other.values, 2, 1, {3, 3}, {1, 6}));
}

TEST_CASE("a table that is no grid, or of another width, is misshaped") {
  const temporary_folder folder;
  parameters own;
  for (const std::vector<sdmae::index>& shape :
       {std::vector<sdmae::index>{1, 9, 2}, std::vector<sdmae::index>{1, 8, 2}, std::vector<sdmae::index>{1, 10, 3},
        std::vector<sdmae::index>{10, 2}}) {
    sdmae::index count = 1;
    for (const sdmae::index extent : shape) count *= extent;
    const auto path = file_of(folder, {norm, decoder, {"pos_embed", shape, counted(static_cast<std::size_t>(count))}});
    CHECK_THAT(error_line([&] { sdmae::load_parameters(path, own.tensors); }), says("pos_embed is ["));
  }
  CHECK(own.untouched());
}

TEST_CASE("a value that is not finite is refused before anything has changed, in a resized table too") {
  const temporary_folder folder;
  parameters own;
  stored bad = norm;
  bad.values[1] = std::numeric_limits<float>::infinity();
  CHECK_THAT(error_line([&] {
               sdmae::load_parameters(file_of(folder, {decoder, bad, table}), own.tensors);
             }),
             says("encoder.norm.weight holds a value that is not finite"));
  stored larger{"pos_embed", {1, 10, 2}, counted(20)};
  larger.values[7] = std::numeric_limits<float>::quiet_NaN();
  CHECK_THAT(error_line([&] {
               sdmae::load_parameters(file_of(folder, {decoder, norm, larger}), own.tensors);
             }),
             says("pos_embed holds a value that is not finite"));
  CHECK(own.untouched());
}

#endif
