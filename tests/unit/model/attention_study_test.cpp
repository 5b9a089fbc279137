// Who looks at whom: known by construction, and by its sums.
#include "sdmae/model/attention_study.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/model/paint.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

template <class Architecture>
attention_study study(bool blind) {
  reference_backend<double> backend;
  auto model = build<Architecture>(backend, {.seed = 3});
  for (const parameter& row : model.table())
    if (blind && row.name().find("qkv") != std::string_view::npos)
      model.write(row, std::vector<double>(static_cast<std::size_t>(row.count())));
  tiny::held_pictures images(2);
  return study_attention(model, masking::random{.ratio = 0.5}, 1, images);
}

void sums_to_one(const tower_attention& tower) {
  constexpr sdmae::index N = tiny::image.patches();
  for (const auto& layer : tower.looked_at)
    for (sdmae::index i = 0; i < 2; ++i) {
      double sum = 0;
      for (sdmae::index k = 0; k < N; ++k) sum += layer[static_cast<std::size_t>(i * N + k)];
      CHECK(sum == Approx(1).epsilon(1e-5));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("without queries and keys every patch is looked at alike, and the distance is the grid's mean", "",
                   tiny::architecture, (mae<tiny::image, tiny::encoder, tiny::decoder>)) {
  const attention_study found = study<TestType>(true);
  double mean = 0;
  for (int a = 0; a < 16; ++a)
    for (int b = 0; b < 16; ++b) mean += 8 * std::hypot(a / 4 - b / 4, a % 4 - b % 4) / 256;
  REQUIRE(found.encoder.distance.size() == 2);
  REQUIRE(found.decoder.distance.size() == 1);
  for (const tower_attention* tower : {&found.encoder, &found.decoder}) {
    for (const auto& layer : tower->distance) {
      CHECK(layer.size() == 2);
      for (const double head : layer) CHECK(head == Approx(mean));
    }
    for (const auto& layer : tower->looked_at)
      for (const float patch : layer) CHECK(patch == Approx(1.0 / 16).epsilon(1e-5));
  }
}

TEST_CASE("what is looked at sums to one, and differs from patch to patch") {
  const attention_study found = study<tiny::architecture>(false);
  sums_to_one(found.encoder);
  sums_to_one(found.decoder);
  CHECK(found.encoder.looked_at[0][0] != found.encoder.looked_at[0][5]);
  CHECK(found.images == 2);
}

namespace {

/// What a tower's blocks attend to, from their queries and keys by the formulas: softmax(q·kᵀ/√d) as a matrix, row by
/// row. patch(image, t): which patch token t of an image is, −1 for the class token.
template <vit_shape Tower, class Saved, class Patch>
tower_attention by_formula(const Saved& tower, sdmae::index images, Patch patch) {
  constexpr sdmae::index A = Tower.attention_width(), d = Tower.head_width(), N = tiny::image.patches();
  const sdmae::index L = N + Tower.class_tokens();
  tower_attention found;
  for (const auto& block : tower.blocks) {
    std::vector<double> distance(Tower.heads), weight(Tower.heads);
    std::vector<double> looked(static_cast<std::size_t>(images * N));
    for (sdmae::index i = 0; i < images; ++i)
      for (sdmae::index h = 0; h < Tower.heads; ++h)
        for (sdmae::index q = 0; q < L; ++q) {
          std::vector<double> p;
          double total = 0, of_patches = 0;
          for (sdmae::index k = 0; k < L; ++k) {
            double score = 0;
            for (sdmae::index c = 0; c < d; ++c)
              score += block.attn.qkv(i * L + q, h * d + c) * block.attn.qkv(i * L + k, A + h * d + c);
            p.push_back(std::exp(score / std::sqrt(double(d))));
            total += p.back();
            of_patches += patch(i, k) < 0 ? 0 : p.back();
          }
          const sdmae::index from = patch(i, q);
          for (sdmae::index k = 0; k < L; ++k) {
            const sdmae::index to = patch(i, k);
            if (to < 0) continue;
            const double seen = p[static_cast<std::size_t>(k)];
            if (!Tower.class_token || from < 0)
              looked[static_cast<std::size_t>(i * N + to)] +=
                  seen / of_patches / Tower.heads / (Tower.class_token ? 1 : double(L));
            if (from < 0) continue;
            distance[static_cast<std::size_t>(h)] +=
                seen / total * 8 * std::hypot(double(to / 4 - from / 4), double(to % 4 - from % 4));
            weight[static_cast<std::size_t>(h)] += seen / total;
          }
        }
    for (std::size_t h = 0; h < distance.size(); ++h) distance[h] /= weight[h];
    found.distance.push_back(distance);
    found.looked_at.emplace_back(looked.begin(), looked.end());
  }
  return found;
}

void check_equal(const tower_attention& a, const tower_attention& b) {
  REQUIRE(a.distance.size() == b.distance.size());
  for (std::size_t layer = 0; layer < a.distance.size(); ++layer) {
    for (std::size_t h = 0; h < a.distance[layer].size(); ++h)
      CHECK(a.distance[layer][h] == Approx(b.distance[layer][h]).epsilon(1e-10));
    for (std::size_t k = 0; k < a.looked_at[layer].size(); ++k)
      CHECK(a.looked_at[layer][k] == Approx(b.looked_at[layer][k]).epsilon(1e-5));
  }
}

}  // namespace

TEMPLATE_TEST_CASE("where a model looks is what its softmax says, under a mask too", "", tiny::architecture,
                   (mae<tiny::image, tiny::encoder, tiny::decoder>)) {
  reference_backend<double> backend;
  auto model = build<TestType>(backend, {.seed = 3});
  tiny::held_pictures images(2);
  constexpr sdmae::index N = tiny::image.patches();
  const masking::random mask{.ratio = 0.6};
  const attention_study found = study_attention(model, mask, 1, images);

  const auto pixels = tiny::pictures(2);
  const auto run = [&](const masking::random& policy, unsigned asked) {
    const auto masks = masking::draw_batch<tiny::image>(policy, 1, images, pixels.data());
    return std::pair(masks.order, inference_pass(model, pixels.data(), 2, masks, asked));
  };
  const auto whole = run({.ratio = 0}, no_output);
  const auto in_order = [](sdmae::index, sdmae::index t) { return t - TestType::encoder::C; };
  check_equal(found.encoder, by_formula<TestType::encoder_shape>(whole.second.saved().encoder_.tower, 2, in_order));
  const auto masked = run(mask, pixels_output);
  const auto in_mask_order = [&](sdmae::index i, sdmae::index t) {
    return sdmae::index{masked.first[static_cast<std::size_t>(i * N + t)]};
  };
  const auto& decoder = masked.second.saved().decoder_.tower;
  if constexpr (TestType::encoder::C == 0)  // SD-MAE: visible tokens, then masked ones
    check_equal(found.decoder, by_formula<TestType::decoder_shape>(decoder, 2, in_mask_order));
  else  // He et al.: the class token, then patches in reading order
    check_equal(found.decoder, by_formula<TestType::decoder_shape>(decoder, 2, in_order));
}

TEST_CASE("studies and paintings are the same in slices of any size, which take the memory that is planned") {
  reference_backend<double> backend;
  auto model = build<tiny::architecture>(backend, {.seed = 3});
  const masking::random mask{.ratio = 0.6};
  tiny::held_pictures images(5);
  const attention_study whole = study_attention(model, mask, 1, images, 5);
  const auto painted_whole = paint(model, mask, 1, images, 5);
  for (const sdmae::index slice : {1, 2, 9}) {
    const attention_study cut = study_attention(model, mask, 1, images, slice);
    CHECK(cut.encoder.distance == whole.encoder.distance);
    CHECK(cut.decoder.distance == whole.decoder.distance);
    CHECK(cut.encoder.looked_at == whole.encoder.looked_at);
    CHECK(cut.decoder.looked_at == whole.decoder.looked_at);
    const auto painted_cut = paint(model, mask, 1, images, slice);
    CHECK(painted_cut.visible == painted_whole.visible);
    CHECK(painted_cut.order == painted_whole.order);
    CHECK(painted_cut.pixels == painted_whole.pixels);
  }
  CHECK_THROWS_AS(study_attention(model, mask, 1, images, 0), error);

  struct weighing : reference_backend<double> {
    std::size_t most = 0;
    host_memory allocate(std::size_t bytes) {
      most = std::max(most, bytes);
      return reference_backend<double>::allocate(bytes);
    }
  } scale;
  auto weighed = build<tiny::architecture>(scale, {.seed = 3});
  const sdmae::index visible = mask.visible(tiny::image.patches());
  for (const sdmae::index slice : {1, 3}) {
    scale.most = 0;
    study_attention(weighed, mask, 1, images, slice);
    CHECK(scale.most == inference_memory(weighed, slice, visible));
  }
}
