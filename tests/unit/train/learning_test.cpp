// Training as a whole: every backend goes the same way, and the way leads somewhere.
#include <cmath>
#include <type_traits>
#include <vector>

#include "archetype_backend.hpp"
#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/given.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

constexpr sdmae::index images = 4;

/// What a run reports: loss, terms and the gradient's norm, step after step.
template <tensor_backend B, class Mask>
std::vector<double> train(B& backend, Mask mask, double distill_weight, double rate, int steps) {
  auto model = build<tiny::architecture>(backend, {.seed = 5});
  pretrainer run(model, mask,
                 (1 - distill_weight) * loss::reconstruction<>{} + distill_weight * loss::self_distillation<>{},
                 adamw{.learning_rate = rate}, {.seed = 9, .slice = 3});
  const std::vector<std::uint8_t> bytes = tiny::pictures(images);
  std::vector<double> reported;
  for (int step = 0; step < steps; ++step) {
    array_batch<tiny::image, std::uint8_t> batch(bytes.data(), images);
    const auto report = run.step(batch);
    reported.push_back(report.loss);
    for (const auto& term : report.terms) reported.push_back(term.value);
    reported.push_back(report.gradient_norm);
  }
  return reported;
}

}  // namespace

TEMPLATE_TEST_CASE("every backend trains as the reference does", "", eigen_backend<double>, archetype_backend<double>,
                   reference_backend<long double>) {
  reference_backend<double> reference;
  TestType other;
  const masking::random mask{.ratio = 0.6};
  const std::vector<double> wanted = train(reference, mask, 0.2, 1e-3, 5), got = train(other, mask, 0.2, 1e-3, 5);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    INFO("entry " << i << ": " << got[i] << ", the reference's is " << wanted[i]);
    CHECK(std::abs(got[i] - wanted[i]) <= 1e-12 * std::abs(wanted[i]));
  }
}

TEST_CASE("the reconstruction falls far below what predicting zero costs") {
  std::vector<std::uint8_t> masked;
  for (sdmae::index image = 0; image < images; ++image)
    for (sdmae::index patch = 0; patch < tiny::image.patches(); ++patch)
      masked.push_back(static_cast<std::uint8_t>((patch * 7 + image * 3) % 16 < 9));
  const masking::given mask(masked, tiny::image.patches());
  eigen_backend<float> cpu({.threads = 2});
  const double zero = 63.0 / 64;  // 8 x 8 pixels of unit variance, unbiased
  constexpr int steps = 400;
  const std::vector<double> reported = train(cpu, mask, 0.2, 3e-3, steps);
  const std::size_t columns = reported.size() / steps;
  CHECK(reported[1] > 0.95 * zero);  // nothing is known at the start
  const double last = reported[(steps - 1) * columns + 1];
  INFO("reconstruction " << last);
  CHECK(last < 0.5 * zero);
}
