// The released model's parameters: every name, shape and place.
#include <map>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/model/presets.hpp"

namespace {

using released = sdmae::presets::pretrain_mae_small_patch16_224::architecture;
using built = sdmae::model<released, sdmae::reference_backend<float>>;
static_assert(built::table().size() == 234);
static_assert(built::parameter_count() == 36317120);

using shape = std::vector<sdmae::index>;
using names = std::map<std::string, shape>;

/// The names and shapes of the released checkpoint, spelled by rule.
names expected_names() {
  names n;
  const auto linear = [&](const std::string& name, sdmae::index out, sdmae::index in) {
    n[name + ".weight"] = {out, in};
    n[name + ".bias"] = {out};
  };
  const auto norm = [&](const std::string& name, sdmae::index width) {
    n[name + ".weight"] = n[name + ".bias"] = {width};
  };
  const auto tower = [&](const std::string& name, int depth, sdmae::index width) {
    for (int i = 0; i < depth; ++i) {
      const std::string block = name + ".blocks." + std::to_string(i);
      norm(block + ".norm1", width);
      n[block + ".attn.qkv.weight"] = {3 * width, width};
      n[block + ".attn.q_bias"] = n[block + ".attn.v_bias"] = {width};
      linear(block + ".attn.proj", width, width);
      norm(block + ".norm2", width);
      linear(block + ".mlp.fc1", 4 * width, width);
      linear(block + ".mlp.fc2", width, 4 * width);
    }
    norm(name + ".norm", width);
  };
  const auto head = [&](const std::string& name, sdmae::index in) {
    linear(name + ".mlp.0", 2048, in);
    linear(name + ".mlp.2", 2048, 2048);
    linear(name + ".mlp.4", 256, 2048);
    n[name + ".last_layer.weight_g"] = {4096, 1};
    n[name + ".last_layer.weight_v"] = {4096, 256};
  };
  n["encoder.patch_embed.proj.weight"] = {384, 3, 16, 16};
  n["encoder.patch_embed.proj.bias"] = {384};
  tower("encoder", 12, 384);
  tower("decoder", 4, 192);
  linear("decoder.head", 768, 192);
  n["encoder_to_decoder.weight"] = {192, 384};
  n["mask_token"] = {1, 1, 192};
  head("encoder_proj_head", 384);
  head("decoder_proh_head", 192);
  return n;
}

}  // namespace

TEST_CASE("the released model has the released checkpoint's parameters") {
  names got;
  sdmae::index encoder = 0;
  for (const sdmae::parameter& row : built::table()) {
    const std::string name(row.name());
    CHECK(got.count(name) == 0);
    const auto extents = row.shape.extents.begin();
    got[name] = shape(extents, extents + row.shape.rank);
    if (name.rfind("encoder.", 0) == 0) encoder += row.count();
  }
  CHECK(got == expected_names());
  CHECK(encoder == 21585024);
}

TEST_CASE("parameters do not overlap, start at 64 bytes, and key biases lie between those of queries and values") {
  sdmae::index end = 0;
  std::map<std::string, sdmae::index> offset;
  for (const sdmae::parameter& row : built::table()) {
    const std::string name(row.name());
    offset[name] = row.offset;
    CHECK(row.offset >= end);
    CHECK(row.offset * sdmae::index(sizeof(float)) % 64 == 0);
    end = row.offset + row.count();
  }
  CHECK(end <= built::storage);
  CHECK(built::storage < built::parameter_count() + 234 * 16 + 12 * 384 + 4 * 192);
  CHECK(offset["encoder.blocks.7.attn.v_bias"] == offset["encoder.blocks.7.attn.q_bias"] + 2 * 384);
  CHECK(offset["decoder.blocks.3.attn.v_bias"] == offset["decoder.blocks.3.attn.q_bias"] + 2 * 192);
}

// spec: no decay for 1-D parameters, biases and the mask token; weight_g is frozen.
TEST_CASE("what decays and what is trained") {
  for (const sdmae::parameter& row : built::table()) {
    const std::string name(row.name());
    INFO(name);
    const bool is_weight = row.shape.rank >= 2 && name != "mask_token" && name.find("weight_g") == std::string::npos;
    CHECK(row.traits.decays == is_weight);
    CHECK(row.traits.trained == (name.find("weight_g") == std::string::npos));
  }
}

TEST_CASE("which outputs reach a parameter") {
  using namespace sdmae;
  for (const parameter& row : built::table()) {
    const std::string name(row.name());
    INFO(name);
    const auto starts = [&](const char* prefix) { return name.rfind(prefix, 0) == 0; };
    const unsigned expected = starts("encoder.")            ? unsigned{all_outputs}
                              : starts("decoder.head")      ? unsigned{pixels_output}
                              : starts("encoder_proj_head") ? unsigned{student_output}
                              : starts("decoder_proh_head") ? unsigned{teacher_output}
                                                            : pixels_output | teacher_output;
    CHECK(row.reached_by == expected);
  }
}

// Sizes that are known of facebookresearch/mae: 111,907,840 parameters of the base model, tables included.
TEST_CASE("He et al.'s models have facebookresearch/mae's parameters") {
  using base = sdmae::model<sdmae::presets::mae_vit_base_patch16::architecture, sdmae::reference_backend<float>>;
  static_assert(base::table().size() == 2 + 2 + 12 * 12 + 2 + 2 + 1 + 1 + 8 * 12 + 2 + 2);
  std::map<std::string, shape> got;
  for (const sdmae::parameter& row : base::table()) {
    const std::string name(row.name());
    const auto extents = row.shape.extents.begin();
    got[name] = shape(extents, extents + row.shape.rank);
    const bool table = name == "pos_embed" || name == "decoder_pos_embed";
    INFO(name);
    CHECK(row.traits.trained == !table);
    CHECK(row.traits.decays == (row.shape.rank >= 2 && !table));  // class and mask tokens do
    CHECK((row.reached_by & sdmae::pixels_output) != 0);
  }
  CHECK(got["cls_token"] == shape{1, 1, 768});
  CHECK(got["pos_embed"] == shape{1, 197, 768});
  CHECK(got["patch_embed.proj.weight"] == shape{768, 3, 16, 16});
  CHECK(got["blocks.11.attn.qkv.bias"] == shape{2304});
  CHECK(got["blocks.0.mlp.fc1.weight"] == shape{3072, 768});
  CHECK(got["decoder_embed.weight"] == shape{512, 768});
  CHECK(got["decoder_embed.bias"] == shape{512});
  CHECK(got["mask_token"] == shape{1, 1, 512});
  CHECK(got["decoder_pos_embed"] == shape{1, 197, 512});
  CHECK(got["decoder_blocks.7.attn.qkv.weight"] == shape{1536, 512});
  CHECK(got["decoder_norm.weight"] == shape{512});
  CHECK(got["decoder_pred.weight"] == shape{768, 512});
  CHECK(base::parameter_count() == 111907840);
}

TEST_CASE("presets have the released sizes") {
  using namespace sdmae::presets;
  const auto count = [](auto preset) {
    using architecture = typename decltype(preset)::architecture;
    return sdmae::model<architecture, sdmae::reference_backend<float>>::parameter_count();
  };
  CHECK(count(pretrain_mae_smallEx_patch16_224{}) - count(pretrain_mae_small_patch16_224{}) ==
        4 * (4 * 192 + 3 * 192 * 192 + 2 * 192 + 192 * 192 + 192 + 8 * 192 * 192 + 5 * 192));
  CHECK(count(pretrain_mae_small_patch16_224{}) - count(pretrain_mae_small_patch8_96{}) ==
        3 * (256 - 64) * 384 + 3 * (256 - 64) * 193);
}
