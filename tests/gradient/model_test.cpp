// Gradients of a whole SD-MAE through its losses: every parameter, by central differences of the loss that is reported.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "backends.hpp"
#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/testing/finding.hpp"
#include "sdmae/train/finetuner.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

namespace {

using architecture = tiny::scaled_architecture;
constexpr sdmae::index count = 3;

/// Encoders and decoders with what He et al.'s have, and with learned positions, that can still be distilled.
constexpr sdmae::vit_shape with(sdmae::vit_shape tower, bool class_token, sdmae::position_kind positions) {
  tower.class_token = class_token;
  tower.positions = positions;
  return tower;
}
constexpr sdmae::vit_shape small_encoder{.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2, .drop_path = true};
constexpr sdmae::vit_shape small_decoder{.width = 12, .depth = 1, .heads = 3, .mlp_ratio = 2};
template <bool ClassToken, sdmae::position_kind Positions, auto Distillation>
using any_architecture = sdmae::sd_mae<tiny::oblong, with(small_encoder, ClassToken, Positions),
                                       with(small_decoder, ClassToken, Positions), Distillation>;
constexpr sdmae::head_shape few{.hidden = 7, .bottleneck = 5, .prototypes = 9};
constexpr sdmae::head_shape few_per_token{.hidden = 7, .bottleneck = 5, .prototypes = 9, .per_token = true};

/// Weights away from every special value.
template <class Model>
void scatter(Model& model) {
  std::uint64_t position = 0;
  for (const sdmae::parameter& row : model.table()) {
    sdmae::random_sequence numbers(9, sdmae::stream::test, 4, position++);
    auto values = model.read(row);
    for (auto& value : values) value = row.traits.trained ? numbers.uniform(-0.8, 0.8) : numbers.uniform(0.5, 1.5);
    model.write(row, values);
  }
}

/// Its learning rate and decay change no weight, and a center with momentum 1 stays.
constexpr sdmae::adamw still{.learning_rate = 0, .weight_decay = 0};

/// Compares the gradient that such a step leaves with differences of the loss that it returns, for a few entries of
/// every parameter.
template <class Model, class Trainer, class Step>
sdmae::testing::findings check_steps(Model& model, const Trainer& trainer, unsigned reached, Step step) {
  auto& backend = model.backend();
  step();
  std::vector<double> gradient(static_cast<std::size_t>(model.storage));
  backend.copy_out(gradient.data(), trainer.state().gradients, model.storage);
  backend.synchronise();

  sdmae::testing::findings found;
  for (const sdmae::parameter& row : model.table()) {
    if (!row.traits.trained) continue;
    double error = 0, largest = 1e-3;
    for (sdmae::index i = 0; i < row.count(); ++i)
      largest = sdmae::testing::worse(std::fabs(gradient[static_cast<std::size_t>(row.offset + i)]), largest);
    const auto kept = model.read(row);
    for (sdmae::index i = 0; i < row.count(); i += row.count() / 5 + 1) {
      const auto loss_at = [&](double moved) {
        auto values = kept;
        values[static_cast<std::size_t>(i)] += moved;
        model.write(row, values);
        return step();
      };
      const double expected = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
      error = sdmae::testing::worse(std::fabs(expected - gradient[static_cast<std::size_t>(row.offset + i)]) / largest,
                                    error);
    }
    model.write(row, kept);
    const std::string name(row.name());
    // What the losses do not reach has neither a slope nor a gradient.
    if ((row.reached_by & reached) == 0 && error == 0 && largest != 1e-3) error = 1;
    found.push_back(sdmae::testing::judged(name, error, 5e-6));
  }
  return found;
}

template <class B, class Architecture = architecture, class Loss>
sdmae::testing::findings check_model(const Loss& loss, unsigned reached, sdmae::masking::random mask = {.ratio = 0.5},
                                     double drop_path = 0) {
  B backend;
  auto model = sdmae::build<Architecture>(backend);
  scatter(model);
  sdmae::pretrainer trainer(model, mask, loss, still, {.slice = 2, .drop_path = drop_path});
  const auto images = tiny::pictures<tiny::oblong>(count);
  return check_steps(model, trainer, reached, [&] {
    sdmae::array_batch<tiny::oblong, std::uint8_t> batch(images.data(), count);
    return trainer.step(batch).loss;
  });
}

/// A classifier of this encoder, three of its classes told apart, with soft labels.
template <class B, sdmae::vit_shape Encoder, sdmae::autoencoder_family Family>
sdmae::testing::findings check_classifier(double drop_path) {
  B backend;
  using classifier = sdmae::vit_classifier<tiny::oblong, Encoder, 5, Family>;
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

const auto painted = sdmae::loss::reconstruction<>{};
const sdmae::loss::self_distillation<> taught{
    .student_temperature = 0.5, .teacher_temperature = 0.4, .center_momentum = 1.0};

}  // namespace

TEMPLATE_TEST_CASE("gradients of the whole model", "", EVERY_BACKEND) {
  using sdmae::testing::failures;
  const auto found = check_model<TestType>(0.7 * painted + 0.3 * taught, sdmae::all_outputs);
  CHECK(failures(found) == "");
  CHECK(found.size() == sdmae::model<architecture, TestType>::table().size() - 2);  // but for the two weight_g
  bool token = false, bridge = false;
  for (const auto& each : found) {
    token = token || each.what == "mask_token";
    bridge = bridge || each.what == "encoder_to_decoder.weight";
  }
  CHECK(token);
  CHECK(bridge);
}

TEST_CASE("gradients of the whole model where only one loss has a weight") {
  using sdmae::testing::failures;
  CHECK(failures(check_model<reference_double>(0.7 * painted + 0.0 * taught, sdmae::pixels_output)) == "");
  CHECK(failures(check_model<reference_double>(0.0 * painted + 1.3 * taught,
                                               sdmae::student_output | sdmae::teacher_output)) == "");
}

TEST_CASE("gradients of He et al.'s MAE, with masked and with all pixels") {
  using sdmae::testing::failures;
  using mae = sdmae::mae<tiny::oblong, sdmae::vit_shape{.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2},
                         sdmae::vit_shape{.width = 12, .depth = 1, .heads = 3, .mlp_ratio = 2}>;
  const auto masked = sdmae::loss::reconstruction<sdmae::loss::target::patch>{};
  const auto all = sdmae::loss::reconstruction<sdmae::loss::target::input, sdmae::loss::distance::smooth_l1,
                                               sdmae::loss::pixels_of::all_patches>{};
  const auto mask = sdmae::masking::he_et_al(0.6);
  CHECK(failures(check_model<reference_double, mae>(1.0 * masked, sdmae::pixels_output, mask)) == "");
  CHECK(failures(check_model<reference_double, mae>(1.0 * all, sdmae::pixels_output, mask)) == "");
  CHECK(failures(check_model<eigen_double, mae>(0.5 * masked + 0.5 * all, sdmae::pixels_output, mask)) == "");
}

namespace {

template <bool ClassToken, sdmae::position_kind Positions>
void check_distillations() {
  using sdmae::testing::failures;
  namespace loss = sdmae::loss;
  const auto features = loss::feature_distillation<>{};
  const auto smooth = loss::feature_distillation<loss::objective::smooth_l1>{};
  const unsigned all = sdmae::all_outputs;
  using sdmae::feature_shape;
  CHECK(failures(check_model<eigen_double, any_architecture<ClassToken, Positions, few>>(
            0.7 * painted + 0.3 * taught, all, {.ratio = 0.5}, 0.5)) == "");
  CHECK(failures(check_model<eigen_double, any_architecture<ClassToken, Positions, few_per_token>>(
            0.7 * painted + 0.3 * taught, all)) == "");
  CHECK(failures(check_model<eigen_double, any_architecture<ClassToken, Positions, feature_shape{}>>(
            0.7 * painted + 0.3 * features, all)) == "");
  CHECK(failures(check_model<eigen_double, any_architecture<ClassToken, Positions, feature_shape{.per_token = true}>>(
            0.7 * painted + 0.3 * smooth, all)) == "");
}

}  // namespace

TEST_CASE("gradients of every distillation with every kind of token") {
  using sdmae::position_kind;
  check_distillations<false, position_kind::sinusoid_1d>();
  check_distillations<true, position_kind::sinusoid_1d>();
  check_distillations<true, position_kind::sin_cos_2d>();
  check_distillations<false, position_kind::learned>();
  check_distillations<true, position_kind::learned>();
}

namespace {

constexpr sdmae::autoencoder_family of_sd_mae{};
constexpr sdmae::autoencoder_family of_mae{sdmae::vit::he_et_al_weights, sdmae::vit::token_order::reading, true, false};

/// Bit 0: a class token, bit 1: layer scale; the rest: how tokens know their place.
template <int Bits>
void check_classifiers() {
  using sdmae::testing::failures;
  constexpr sdmae::vit_shape encoder{.width = 8,
                                     .depth = 2,
                                     .heads = 2,
                                     .mlp_ratio = 2,
                                     .layer_scale = (Bits & 2) != 0,
                                     .class_token = (Bits & 1) != 0,
                                     .positions = static_cast<sdmae::position_kind>(Bits / 4)};
  for (const double drop_path : {0.0, 0.6}) {
    INFO("bits " << Bits << ", drop path " << drop_path);
    const auto found = check_classifier < eigen_double, encoder, Bits % 2 == 0 ? of_sd_mae : of_mae > (drop_path);
    CHECK(failures(found) == "");
    CHECK(std::any_of(found.begin(), found.end(), [](const auto& each) { return each.what == "head.weight"; }));
  }
}

template <int... Bits>
void check_all_classifiers(std::integer_sequence<int, Bits...>) {
  (check_classifiers<Bits>(), ...);
}

}  // namespace

TEST_CASE("gradients of classifiers with every kind of token, layer scale and drop path") {
  check_all_classifiers(std::make_integer_sequence<int, 12>{});
}

TEMPLATE_TEST_CASE("gradients of a classifier on every backend", "", EVERY_BACKEND) {
  using sdmae::testing::failures;
  CHECK(failures(check_classifier<TestType, small_encoder, of_sd_mae>(0.6)) == "");
}
