// Which layer a parameter belongs to, and at which rate it learns.
#include "sdmae/train/layer_decay.hpp"

#include <cmath>
#include <set>
#include <string>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/model/classifier.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/train/adamw.hpp"

using namespace sdmae;

TEST_CASE("layers by name: what makes tokens, blocks, what follows them") {
  for (const std::string start : {"", "encoder."}) {
    CHECK(layer_of(start + "patch_embed.proj.weight", 12) == 0);
    CHECK(layer_of(start + "cls_token", 12) == 0);
    CHECK(layer_of(start + "pos_embed", 12) == 0);
    CHECK(layer_of(start + "blocks.0.norm1.weight", 12) == 1);
    CHECK(layer_of(start + "blocks.11.mlp.fc2.bias", 12) == 12);
    CHECK(layer_of(start + "norm.weight", 12) == 13);
  }
  CHECK(layer_of("fc_norm.bias", 12) == 13);
  CHECK(layer_of("head.weight", 12) == 13);
}

TEST_CASE("rates fall by the decay from layer to layer; the head's is whole") {
  CHECK(layer_rate(0.75, 13, 12) == 1);
  CHECK(layer_rate(0.75, 12, 12) == 0.75);
  CHECK(layer_rate(0.75, 0, 12) == Approx(0.023757264018058777).epsilon(1e-12));  // 0.75¹³
  for (sdmae::index layer = 0; layer < 14; ++layer) CHECK(layer_rate(1, layer, 12) == 1);
}

TEST_CASE("segments keep layers apart, and decaying from other parameters") {
  using built =
      model<classifier_of<presets::pretrain_mae_small_patch16_224::architecture, 9>, reference_backend<float>>;
  const auto group = [](const parameter& row) { return layer_of(row.name(), 12); };
  const auto segments = adamw_segments(built::table(), student_output, group);
  std::set<std::int32_t> layers;
  for (const adamw_segment& segment : segments) layers.insert(segment.group);
  CHECK(layers.size() == 14);
  for (const parameter& row : built::table()) {
    INFO(std::string(row.name()));
    int found = 0;
    for (const adamw_segment& s : segments)
      if (s.offset <= row.offset && row.offset + row.count() <= s.offset + s.count) {
        ++found;
        CHECK(s.group == group(row));
        CHECK(s.decays == row.traits.decays);
        CHECK(s.decays == (row.shape.rank > 1));
      }
    CHECK(found == 1);
  }
}
