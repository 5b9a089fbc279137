// Who looks at whom: known by construction, and by its sums.
#include "sdmae/model/attention_study.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/mae.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

class pictures final : public byte_batch {
 public:
  explicit pictures(sdmae::index count) : count_(count), bytes_(tiny::pictures(count)) {}
  sdmae::index size() const override { return count_; }
  sdmae::index epoch() const override { return 0; }
  sdmae::index sample(sdmae::index i) const override { return i; }
  void next(sdmae::index count, std::uint8_t* out) override {
    std::copy_n(bytes_.data(), count * tiny::image.values(), out);
  }

 private:
  sdmae::index count_;
  std::vector<std::uint8_t> bytes_;
};

template <class Architecture>
attention_study study(bool blind) {
  reference_backend<double> backend;
  auto model = build<Architecture>(backend, {.seed = 3});
  for (const parameter& row : model.table())
    if (blind && row.name().find("qkv") != std::string_view::npos)
      model.write(row, std::vector<double>(static_cast<std::size_t>(row.count())));
  pictures images(2);
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
