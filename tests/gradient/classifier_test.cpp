// Gradients of classifiers through their loss, on every backend.
#include <algorithm>
#include <string>
#include <utility>

#include "backends.hpp"
#include "model_gradient.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/train/finetuner.hpp"

namespace {

using namespace model_gradient;

/// A classifier of this encoder, three of its classes told apart, with soft labels.
template <class B, sdmae::vit_shape Encoder, sdmae::autoencoder_family Family,
          sdmae::pooling Pooling = sdmae::pooling::mean>
sdmae::testing::findings check_classifier(double drop_path) {
  B backend;
  using classifier = sdmae::vit_classifier<tiny::oblong, Encoder, 5, Family, Pooling>;
  auto model = sdmae::build<classifier>(backend);
  scatter(model);
  sdmae::finetuner trainer(model, {.smoothing = 0.2, .classes = 3}, still, {.slice = 2, .drop_path = drop_path});
  const auto images = tiny::pictures<tiny::oblong>(count);
  const double labels[count * 3] = {1, 0, 0, 0, 0.3, 0.7, 0.25, 0.75, 0};
  return check_steps(model, trainer, sdmae::student_output, [&] {
    sdmae::labelled_array_batch<tiny::oblong, std::uint8_t, double> batch(images.data(), labels, 3, count);
    return trainer.step(batch).loss;
  });
}

constexpr sdmae::vit_shape small_encoder{.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2, .drop_path = true};
constexpr sdmae::autoencoder_family of_sd_mae{};
constexpr sdmae::autoencoder_family of_mae{sdmae::vit::he_et_al_weights, sdmae::vit::token_order::reading, true, false};

#if !defined(SDMAE_TEST_CUDA)  // options of towers: nothing in it depends on the backend
/// Bit 0: a class token, bit 1: layer scale; the rest: how tokens know their place.
template <int Bits>
void check_classifiers() {
  using sdmae::testing::failures;
  // A class token counts alone in every second of those that have one.
  constexpr bool token = (Bits & 1) != 0 && (Bits / 2 + Bits / 4) % 2 == 1;
  constexpr sdmae::pooling pooling = token ? sdmae::pooling::class_token : sdmae::pooling::mean;
  constexpr sdmae::vit_shape encoder{.width = 8,
                                     .depth = 2,
                                     .heads = 2,
                                     .mlp_ratio = 2,
                                     .layer_scale = (Bits & 2) != 0,
                                     .class_token = (Bits & 1) != 0,
                                     .positions = static_cast<sdmae::position_kind>(Bits / 4)};
  for (const double drop_path : {0.0, 0.6}) {
    INFO("bits " << Bits << ", drop path " << drop_path);
    constexpr sdmae::autoencoder_family family = Bits % 2 == 0 ? of_sd_mae : of_mae;
    const auto found = check_classifier<eigen_double, encoder, family, pooling>(drop_path);
    CHECK(failures(found) == "");
    for (const std::string name : {token ? "norm.weight" : "fc_norm.weight", "head.weight"})
      CHECK(std::any_of(found.begin(), found.end(), [&](const auto& each) { return each.what == name; }));
  }
}

template <int... Bits>
void check_all_classifiers(std::integer_sequence<int, Bits...>) {
  (check_classifiers<Bits>(), ...);
}

#endif

}  // namespace

#if !defined(SDMAE_TEST_CUDA)
TEST_CASE("gradients of classifiers with every kind of token, layer scale and drop path") {
  check_all_classifiers(std::make_integer_sequence<int, 12>{});
}
#endif

TEMPLATE_TEST_CASE("gradients of a classifier on every backend", "", EVERY_BACKEND) {
  using sdmae::testing::failures;
  CHECK(failures(check_classifier<TestType, small_encoder, of_sd_mae>(0.6)) == "");
  constexpr auto encoder = sdmae::mae_tower(small_encoder);
  CHECK(failures(check_classifier<TestType, encoder, of_mae, sdmae::pooling::class_token>(0.6)) == "");
}
