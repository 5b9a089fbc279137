#include "sdmae/model/features.hpp"

#include <vector>

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

constexpr sdmae::index count = 5, width = tiny::encoder.width;

template <tensor_backend B>
std::vector<scalar_of<B>> features(model<tiny::architecture, B>& from, sdmae::index slice) {
  const std::vector<std::uint8_t> bytes = tiny::pictures(count);
  array_batch<tiny::image, std::uint8_t> batch(bytes.data(), count);
  std::vector<scalar_of<B>> out(count * width);
  feature_extractor<tiny::architecture, B> extract(from, slice);
  extract(batch, out.data());
  CHECK(extract.work(2 * count) == 2 * extract.work(count));
  return out;
}

}  // namespace

TEST_CASE("features are the mean of what the encoder makes of all patches") {
  eigen_backend<double> cpu({.threads = 2});
  auto model = build<tiny::architecture>(cpu, {.seed = 5});
  const std::vector<double> got = features(model, 2);

  // A training step with every patch visible and a rate of zero leaves the same tokens behind.
  pretrainer train(model, masking::random{.ratio = 0},
                   1.0 * loss::reconstruction<>{} + 1.0 * loss::self_distillation<>{},
                   adamw{.learning_rate = 0, .weight_decay = 0}, {.slice = count});
  const std::vector<std::uint8_t> bytes = tiny::pictures(count);
  array_batch<tiny::image, std::uint8_t> batch(bytes.data(), count);
  train.step(batch);
  const auto tokens = train.last_slice().encoder_.output();
  constexpr sdmae::index N = tiny::image.patches();
  for (sdmae::index i = 0; i < count; ++i)
    for (sdmae::index c = 0; c < width; ++c) {
      double mean = 0;
      for (sdmae::index t = 0; t < N; ++t) mean += tokens(i * N + t, c) / N;
      CHECK(got[static_cast<std::size_t>(i * width + c)] == Approx(mean).epsilon(1e-12).margin(1e-13));
    }
}

TEST_CASE("features do not depend on the slice, and little on the backend") {
  eigen_backend<double> cpu({.threads = 3});
  reference_backend<double> reference;
  auto model = build<tiny::architecture>(cpu, {.seed = 5});
  auto other = build<tiny::architecture>(reference, {.seed = 5});
  const std::vector<double> got = features(model, 2), wanted = features(other, 5);
  CHECK(features(model, 1) == got);
  CHECK(features(model, 5) == got);
  CHECK(features(model, 9) == got);
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(wanted[i]).epsilon(1e-12).margin(1e-13));
}

TEST_CASE("a slice without images is refused") {
  reference_backend<float> reference;
  auto model = build<tiny::architecture>(reference);
  CHECK_THROWS_AS((feature_extractor<tiny::architecture, reference_backend<float>>(model, 0)), error);
}

TEST_CASE("features leave the class token out, or are the class token") {
  using architecture = mae<tiny::image, tiny::encoder, tiny::decoder>;
  eigen_backend<double> cpu({.threads = 2});
  auto model = build<architecture>(cpu, {.seed = 5});
  const std::vector<std::uint8_t> bytes = tiny::pictures(count);
  array_batch<tiny::image, std::uint8_t> batch(bytes.data(), count);
  std::vector<double> mean(count * width), token(count * width);
  feature_extractor<architecture, eigen_backend<double>> of_patches(model, 2);
  feature_extractor<architecture, eigen_backend<double>> of_class(model, 3, pooling::class_token);
  of_patches(batch, mean.data());
  of_class(batch, token.data());

  // All patches are visible where all pixels are painted.
  const loss::reconstruction<loss::target::patch, loss::distance::squared, loss::pixels_of::all_patches> all;
  pretrainer train(model, masking::random{.ratio = 0}, 1.0 * all, adamw{.learning_rate = 0, .weight_decay = 0},
                   {.slice = count});
  train.step(batch);
  const auto tokens = train.last_slice().encoder_.output();
  constexpr sdmae::index N = tiny::image.patches();
  for (sdmae::index i = 0; i < count; ++i)
    for (sdmae::index c = 0; c < width; ++c) {
      double sum = 0;
      for (sdmae::index t = 0; t < N; ++t) sum += tokens(i * (N + 1) + 1 + t, c);
      const auto at = static_cast<std::size_t>(i * width + c);
      CHECK(mean[at] == Approx(sum / N).epsilon(1e-12).margin(1e-13));
      CHECK(token[at] == Approx(tokens(i * (N + 1), c)).epsilon(1e-12).margin(1e-13));
    }
}

TEST_CASE("no class token, no pooling by it") {
  reference_backend<float> reference;
  auto model = build<tiny::architecture>(reference);
  CHECK_THROWS_AS((feature_extractor<tiny::architecture, reference_backend<float>>(model, 1, pooling::class_token)),
                  error);
}
