// What SD-MAE's variants have beside the released model, in other formats: class token, stored positions, biases of
// keys, layer scale, features as what is distilled.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "catch.hpp"
#include "mae_weights.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/io/onnx_vit.hpp"
#include "sdmae/io/weight_convert.hpp"
#include "sdmae/model/features.hpp"
#include "sdmae/model/sd_mae.hpp"
#include "unit/io/onnx_run.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

using weights = std::map<std::string, mae_tensor>;
using backend = reference_backend<double>;

constexpr image_shape tile{.height = 16, .width = 24, .patch = 8};
constexpr sdmae::index width = 8, count = 2;
constexpr head_shape prototypes{.hidden = 5, .bottleneck = 3, .prototypes = 4};

constexpr vit_shape plain(int wide, bool class_token = false, position_kind positions = position_kind::sinusoid_1d) {
  return {.width = wide, .depth = 2, .heads = 2, .mlp_ratio = 2, .class_token = class_token, .positions = positions};
}
constexpr vit_shape with_bias_and_scale(vit_shape tower) {
  tower.bias = qkv_bias::full;
  tower.layer_scale = true;
  return tower;
}

/// A model whose every value is random, as a file, and the features of its encoder.
template <class Architecture>
struct variant {
  backend cpu;
  model<Architecture, backend> own = build<Architecture>(cpu);
  temporary_folder folder;
  weights tensors;

  variant() {
    random_sequence numbers(11, stream::test, 0, 0);
    for (const parameter& row : own.table()) {
      mae_tensor tensor{{row.shape.extents.begin(), row.shape.extents.begin() + row.shape.rank}, {}};
      for (sdmae::index i = 0; i < row.count(); ++i) tensor.values.push_back(float(numbers.uniform(-1, 1)));
      own.write(row, {tensor.values.begin(), tensor.values.end()});
      tensors[std::string(row.name())] = tensor;
    }
    put(tensors);
  }

  void put(const weights& what) {
    std::vector<tensor_to_write> list;
    for (const auto& [name, tensor] : what) list.push_back(tensor_from(name, tensor.shape, tensor.values.data()));
    write_safetensors(folder / "in", list, {{"sdmae.image", "16x24"}});
  }
  std::string refusal(const weights& what, weight_format to = weight_format::released) {
    put(what);
    return error_line([&] { converted(open_weights(folder / "in"), to); });
  }

  weights as(weight_format to) {
    weights_file opened = open_weights(folder / "in");
    if (to == weight_format::timm) place_positions(opened, {}, {});
    weights made;
    const weight_set set = converted(opened, to);
    for (const auto& [name, tensor] : set.all()) made[name] = {tensor.shape, values_of(*opened.file, tensor)};
    return made;
  }

  /// Features in an ONNX model of ours are those of our own encoder.
  void check_features() {
    random_sequence numbers(12, stream::test, 0, 0);
    onnx::tensor images{{count, 3, tile.height, tile.width}, {}};
    for (int i = 0; i < count * tile.values(); ++i) images.values.push_back(numbers.uniform(-2, 2));
    array_batch<tile, double> batch(images.values.data(), count);
    std::vector<double> wanted(count * width);
    feature_extractor<Architecture, backend, double> extract(own);
    extract(batch, wanted.data());

    weights_file opened = open_weights(folder / "in");
    const vit::patch_grid grid = place_positions(opened, {}, {});
    write_onnx(opened, {.heads = 2, .grid = grid}, folder / "onnx");
    const onnx::tensor got = onnx::run(onnx::read_model(bytes_of(folder / "onnx")), images);
    REQUIRE(got.values.size() == wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i)
      CHECK(got.values[i] == Approx(wanted[i]).epsilon(1e-5).margin(1e-6));
  }
};

bool equal(const weights& got, const weights& wanted) {
  if (got.size() != wanted.size()) return false;
  for (const auto& [name, tensor] : wanted) {
    const auto found = got.find(name);
    if (found == got.end() || found->second.shape != tensor.shape || found->second.values != tensor.values)
      return false;
  }
  return true;
}

using everything = sd_mae<tile, with_bias_and_scale(plain(8, true, position_kind::learned)),
                          with_bias_and_scale(plain(4, true, position_kind::learned)), feature_shape{}>;

}  // namespace

TEST_CASE("distilled features: the projection is SD-MAE's own, and left out of timm") {
  variant<sd_mae<tile, plain(8), plain(4), feature_shape{.per_token = true}>> it;
  CHECK(it.tensors.at("distill_projection.weight").shape == std::vector<sdmae::index>{8, 4});
  CHECK(equal(it.as(weight_format::released), it.tensors));
  CHECK(it.as(weight_format::timm).size() == 2 + 2 * 12 + 2 + 1);
  it.check_features();
  weights half = it.tensors;
  half.erase("distill_projection.bias");
  CHECK_THAT(it.refusal(half), says("missing distill_projection.bias"));
  half = it.tensors;
  half["encoder_proj_head.mlp.0.bias"] = {{5}, std::vector<float>(5)};
  CHECK_THAT(it.refusal(half), says("unexpected encoder_proj_head.mlp.0.bias"));
}

TEST_CASE("class token, stored positions, biases of keys and layer scale are timm's too") {
  variant<everything> it;
  CHECK(equal(it.as(weight_format::released), it.tensors));
  const weights timm = it.as(weight_format::timm);
  CHECK(timm.size() == 2 + 2 + 2 * 14 + 2);
  for (const auto& [theirs, ours] :
       std::map<std::string, std::string>{{"cls_token", "cls_token"},
                                          {"pos_embed", "pos_embed"},
                                          {"blocks.1.attn.qkv.bias", "blocks.1.attn.qkv.bias"},
                                          {"blocks.1.ls2.gamma", "blocks.1.gamma_2"}}) {
    INFO(theirs);
    REQUIRE(timm.count(theirs) == 1);
    CHECK(timm.at(theirs).shape == it.tensors.at("encoder." + ours).shape);
    CHECK(timm.at(theirs).values == it.tensors.at("encoder." + ours).values);
  }
  it.check_features();
}

TEST_CASE("each tower may have its own positions and biases") {
  variant<sd_mae<tile, plain(8, false, position_kind::learned), with_bias_and_scale(plain(4)), prototypes>> it;
  CHECK(equal(it.as(weight_format::released), it.tensors));
  CHECK(it.as(weight_format::timm).at("pos_embed").values == it.tensors.at("encoder.pos_embed").values);
  it.check_features();
  variant<sd_mae<tile, with_bias_and_scale(plain(8)), plain(4, false, position_kind::learned), prototypes>> other;
  CHECK(equal(other.as(weight_format::released), other.tensors));
  other.check_features();
}

TEST_CASE("a class token without a place gets a row of zeros") {
  variant<sd_mae<tile, plain(8, true), plain(4, true), prototypes>> it;
  CHECK(equal(it.as(weight_format::released), it.tensors));
  std::vector<float> table = vit::sinusoid_1d<float>(6, width);
  table.insert(table.begin(), width, 0.0f);
  const weights timm = it.as(weight_format::timm);
  CHECK(timm.at("pos_embed").shape == std::vector<sdmae::index>{1, 7, 8});
  CHECK(timm.at("pos_embed").values == table);
  it.check_features();
}

TEST_CASE("heads of a width of their own go to ONNX, and are refused by timm in a sentence") {
  constexpr auto narrow = [](vit_shape tower) {
    tower.width_of_head = 3;
    return tower;
  };
  variant<sd_mae<tile, narrow(with_bias_and_scale(plain(8))), narrow(plain(4)), prototypes>> it;
  CHECK(it.tensors.at("encoder.blocks.0.attn.proj.weight").shape == std::vector<sdmae::index>{8, 6});
  CHECK(equal(it.as(weight_format::released), it.tensors));
  it.check_features();
  CHECK_THAT(it.refusal(it.tensors, weight_format::timm),
             says("its attention is 6 wide and its tokens 8 (vit_shape::width_of_head), and that format has heads of "
                  "width/heads alone; convert it to onnx"));
  CHECK_THAT(error_line([&] { heads_of(open_weights(it.folder / "in"), 4); }),
             says("the width of its attention, 6, is not divisible by 4 heads"));
  weights broken = it.tensors;
  broken["encoder.blocks.1.attn.proj.weight"] = {{8, 8}, std::vector<float>(64)};
  CHECK_THAT(it.refusal(broken), says("encoder.blocks.1.attn.proj.weight is [8, 8], not [8, 6]"));
}

TEST_CASE("what other formats have no place for is refused by name") {
  variant<everything> it;
  for (const weight_format mae : {weight_format::fb_mae, weight_format::hf_mae})
    CHECK_THAT(it.refusal(it.tensors, mae), says("which no SD-MAE has together, and no place for projection heads"));
  weights timm = it.as(weight_format::timm);
  const auto encoder_alone = [&](weights all) {
    for (auto at = all.begin(); at != all.end();)
      at = at->first.rfind("encoder.", 0) == 0 ? std::next(at) : all.erase(at);
    return all;
  };
  it.put(timm);
  CHECK(equal(it.as(weight_format::released), encoder_alone(it.tensors)));
  CHECK_THAT(it.refusal(timm, weight_format::hf_mae), says("layer scale (blocks.0.ls1.gamma), which that format"));

  weights mixed = it.tensors;
  for (const char* bias : {"q_bias", "v_bias"})
    mixed["encoder.blocks.1.attn." + std::string(bias)] = {{8}, std::vector<float>(8)};
  mixed.erase("encoder.blocks.1.attn.qkv.bias");
  const std::string line = it.refusal(mixed);
  CHECK_THAT(line, says("missing encoder.blocks.1.attn.qkv.bias"));
  CHECK_THAT(line, says("unexpected encoder.blocks.1.attn.q_bias"));
  mixed = it.tensors;
  mixed.at("decoder.pos_embed") = {{1, 6, 4}, std::vector<float>(24)};
  mixed.at("encoder.cls_token").shape = {1, 8};
  const std::string shapes = it.refusal(mixed);
  CHECK_THAT(shapes, says("decoder.pos_embed is [1, 6, 4], not [1, 7, 4]"));
  CHECK_THAT(shapes, says("encoder.cls_token is [1, 8], not [1, 1, 8]"));
}

#endif
