// Fine-tuning: as PyTorch does it, the same bits for any threads and slices, nothing allocated, classes learned.
#include "sdmae/train/finetuner.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "allocations.hpp"
#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/model/features.hpp"
#include "sdmae/model/mae.hpp"
#include "tiny.hpp"
#if defined(SDMAE_TEST_HAS_checkpoint)
#include "sdmae/io/safetensors.hpp"
#include "unit/io/test_files.hpp"
#endif

namespace {

using namespace sdmae;
using backend = eigen_backend<float>;
using classifier = classifier_of<tiny::architecture, 6>;  // more than there are classes
using model_type = model<classifier, backend>;
constexpr sdmae::index classes = 3, count = 7;

/// A classifier under training, and a batch of seven labelled images for it, some of them softly.
struct training {
  explicit training(int threads = 1, sdmae::index slice = count, double drop_path = 0.3)
      : cpu({.threads = threads}),
        model(cpu, {.seed = 5}),
        train(model, {.smoothing = 0.1, .classes = classes}, adamw{.learning_rate = 1e-3},
              {.seed = 9, .slice = slice, .drop_path = drop_path, .layer_decay = 0.75}) {
    for (sdmae::index i = 0; i < count; ++i)
      for (sdmae::index c = 0; c < classes; ++c) labels.push_back(c == i % 3 ? 0.75f : c == (i + 1) % 3 ? 0.25f : 0.0f);
  }
  auto step() {
    labelled_array_batch<tiny::image, std::uint8_t, float> batch(images.data(), labels.data(), classes, count);
    return train.step(batch);
  }
  std::vector<float> weights() const { return {model.flat(), model.flat() + model.storage}; }

  backend cpu;
  model_type model;
  finetuner<model_type> train;
  std::vector<std::uint8_t> images = tiny::pictures(count);
  std::vector<float> labels;
};

}  // namespace

TEST_CASE("a step of fine-tuning allocates nothing after the first") {
  training run(2, 2);
  run.step();
  labelled_array_batch<tiny::image, std::uint8_t, float> batch(run.images.data(), run.labels.data(), classes, count);
  const long before = allocations;
  for (int i = 0; i < 3; ++i) run.train.step(batch);
  CHECK(allocations - before == 0);
}

TEST_CASE("threads and slices change no bit of a classifier") {
  training whole;
  for (int i = 0; i < 3; ++i) whole.step();
  for (int threads : {1, 2, 3})
    for (sdmae::index slice : {1, 2, 3, 7}) {
      training cut(threads, slice);
      for (int i = 0; i < 3; ++i) cut.step();
      INFO(threads << " threads, slice " << slice);
      CHECK(cut.weights() == whole.weights());
    }
  training other(1, count, 0);
  for (int i = 0; i < 3; ++i) other.step();
  CHECK(other.weights() != whole.weights());
}

TEST_CASE("scores of a trained model are those of its training pass; images are learned by heart") {
  training run(2, 3, 0);
  const double first = run.step().loss;
  CHECK(first == Approx(std::log(3.0)).margin(1e-3));  // the head starts near zero
  double last = 0, accuracy = 0;
  for (int i = 0; i < 150; ++i) {
    const auto report = run.step();
    last = report.loss;
    accuracy = report.terms[1].value;
  }
  CHECK(last < 0.8 * first);
  CHECK(accuracy == 1);

  feature_extractor<classifier, backend> extract(run.model, 2);
  std::vector<float> scores(count * classifier::K);
  array_batch<tiny::image, std::uint8_t> batch(run.images.data(), count);
  extract(batch, scores.data());
  backend one;
  finetuner still(run.model, {.classes = classes}, adamw{.learning_rate = 0, .weight_decay = 0}, {.slice = count});
  labelled_array_batch<tiny::image, std::uint8_t, float> again(run.images.data(), run.labels.data(), classes, count);
  still.step(again);
  const auto trained = still.last_slice().student();
  for (sdmae::index i = 0; i < count; ++i)
    for (sdmae::index c = 0; c < classes; ++c)
      CHECK(scores[static_cast<std::size_t>(i * classifier::K + c)] == Approx(trained(i, c)).margin(1e-4));
}

TEST_CASE("rows of the head without a class get no gradient") {
  training run;
  run.step();
  for (const parameter& row : run.model.table()) {
    const float* const gradient = run.train.state().gradients + row.offset;
    const sdmae::index used = row.count() / classifier::K * classes;
    if (row.name() != "head.weight" && row.name() != "head.bias") continue;
    INFO(std::string(row.name()));
    CHECK(std::any_of(gradient, gradient + used, [](float g) { return g != 0; }));
    CHECK(std::all_of(gradient + used, gradient + row.count(), [](float g) { return g == 0; }));
  }
}

TEST_CASE("names are the pre-trained encoder's and timm's; the token of He et al.'s classifier does not decay") {
  using of_mae = classifier_of<mae<tiny::image, tiny::encoder, tiny::decoder>, 4>;
  std::map<std::string, parameter> sd_mae, mae_rows;
  for (const parameter& row : model_type::table()) sd_mae.emplace(row.name(), row);
  for (const parameter& row : model<of_mae, backend>::table()) mae_rows.emplace(row.name(), row);
  for (const parameter& row : model<tiny::architecture, backend>::table()) {
    const std::string name(row.name());
    const bool wanted = name.rfind("encoder.", 0) == 0 && name.rfind("encoder.norm.", 0) != 0;
    CHECK(sd_mae.count(name) == (wanted ? 1 : 0));
  }
  for (const char* name : {"fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"}) {
    CHECK(sd_mae.count(name) == 1);
    CHECK(mae_rows.count(name) == 1);
  }
  CHECK(mae_rows.count("norm.weight") == 0);
  REQUIRE(mae_rows.count("cls_token") == 1);
  CHECK(!mae_rows.at("cls_token").traits.decays);
  REQUIRE(mae_rows.count("pos_embed") == 1);
  CHECK(mae_rows.at("pos_embed").traits.trained);
  CHECK(!mae_rows.at("pos_embed").traits.decays);
  CHECK(mae_rows.at("head.weight").traits.decays);
}

TEST_CASE("a classifier by its class token norms it as the encoder did, and only it") {
  using autoencoder_type = mae<tiny::image, tiny::encoder, tiny::decoder>;
  using by_token = classifier_of<autoencoder_type, 4, pooling::class_token>;
  eigen_backend<double> cpu({.threads = 2});
  auto pretrained = build<autoencoder_type>(cpu, {.seed = 4});
  auto model = build<by_token>(cpu, {.seed = 5});
  std::map<std::string, parameter> of_encoder;
  for (const parameter& row : pretrained.table()) of_encoder.emplace(row.name(), row);
  sdmae::index fresh = 0;
  std::vector<double> weights, bias;
  for (const parameter& row : model.table()) {
    const auto found = of_encoder.find(std::string(row.name()));
    if (found != of_encoder.end()) model.write(row, pretrained.read(found->second));
    fresh += found == of_encoder.end() ? 1 : 0;
    if (row.name() == "head.weight") weights = model.read(row);
    if (row.name() == "head.bias") bias = model.read(row);
  }
  CHECK(fresh == 2);  // the head alone
  const std::vector<std::uint8_t> bytes = tiny::pictures(3);
  array_batch<tiny::image, std::uint8_t> batch(bytes.data(), 3);
  std::vector<double> token(3 * by_token::D), scores(3 * by_token::K);
  feature_extractor<autoencoder_type, eigen_backend<double>>(pretrained, 2, pooling::class_token)(batch, token.data());
  feature_extractor<by_token, eigen_backend<double>>(model, 2)(batch, scores.data());
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t k = 0; k < by_token::K; ++k) {
      double wanted = bias[k];
      for (std::size_t c = 0; c < by_token::D; ++c) wanted += weights[k * by_token::D + c] * token[i * by_token::D + c];
      CHECK(scores[i * by_token::K + k] == Approx(wanted).epsilon(1e-12).margin(1e-13));
    }
}

TEST_CASE("settings out of range are refused") {
  backend cpu;
  auto model = build<classifier>(cpu);
  for (const sdmae::index wrong : {sdmae::index{1}, sdmae::index{7}, sdmae::index{-2}})
    CHECK_THROWS_AS(finetuner(model, {.classes = wrong}, adamw{}), error);
  for (const double wrong : {1.0, -0.1, std::nan("")})
    CHECK_THROWS_AS(finetuner(model, {.smoothing = wrong}, adamw{}), error);
  for (const double wrong : {0.0, 1.1, std::nan("")})
    CHECK_THROWS_AS(finetuner(model, {}, adamw{}, {.layer_decay = wrong}), error);
}

#if defined(SDMAE_TEST_HAS_checkpoint)

namespace {

constexpr image_shape golden_image{.height = 8, .width = 12, .patch = 4};
constexpr vit_shape golden_encoder{.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2};
constexpr vit_shape with_layer_scale(vit_shape shape) {
  shape.layer_scale = true;
  return shape;
}

double distance(const std::vector<double>& got, const std::vector<double>& wanted) {
  REQUIRE(got.size() == wanted.size());
  double difference = 0, size = 1e-30;
  for (std::size_t i = 0; i < got.size(); ++i) {
    difference += (got[i] - wanted[i]) * (got[i] - wanted[i]);
    size += wanted[i] * wanted[i];
  }
  return std::sqrt(difference / size);
}

/// See tests/parity/python/golden_classifier.py.
template <class Architecture>
void compare_with_timm(const std::string& name) {
  const safetensors_file file(golden_file("interop/classifier.safetensors"));
  const auto stored = [&](const std::string& what) { return file.read<double>(name + "/" + what); };
  eigen_backend<double> cpu({.threads = 2});
  auto model = build<Architecture>(cpu);
  for (const parameter& row : model.table()) {
    std::vector<double> values = stored("init/" + std::string(row.name()));
    values.resize(static_cast<std::size_t>(row.count()));  // rows of the head without a class
    model.write(row, values);
  }
  finetuner train(model, {.smoothing = 0.1, .classes = 3}, adamw{.learning_rate = 0.02},
                  {.slice = 4, .layer_decay = 0.75});
  const auto images = stored("images"), labels = stored("labels"), losses = stored("loss");
  for (std::size_t step = 0; step < losses.size(); ++step) {
    labelled_array_batch<golden_image, double, double> batch(images.data(), labels.data(), 3, 4);
    CHECK(train.step(batch).loss == Approx(losses[step]).epsilon(1e-12));
    if (step > 0) continue;
    const auto student = train.last_slice().student();
    std::vector<double> scores;
    for (sdmae::index i = 0; i < 12; ++i) scores.push_back(student(i / 3, i % 3));
    CHECK(distance(scores, stored("scores")) < 1e-12);
    for (const parameter& row : model.table()) {
      INFO(std::string(row.name()));
      const auto wanted = stored("gradient/" + std::string(row.name()));
      const double* const first = train.state().gradients + row.offset;
      CHECK(distance({first, first + wanted.size()}, wanted) < 1e-11);
    }
  }
  for (const parameter& row : model.table()) {
    INFO(std::string(row.name()));
    const auto wanted = stored("after/" + std::string(row.name()));
    std::vector<double> got = model.read(row);
    got.resize(wanted.size());
    CHECK(distance(got, wanted) < 1e-9);  // AdamW makes steps of the rounding noise that biases of keys have
  }
}

}  // namespace

TEST_CASE("scores, losses, gradients and three steps with layer decay are timm's and PyTorch's") {
  compare_with_timm<vit_classifier<golden_image, with_layer_scale(golden_encoder), 5>>("sd_mae");
  compare_with_timm<classifier_of<mae<golden_image, golden_encoder, golden_encoder>, 5>>("mae");
}

#endif
