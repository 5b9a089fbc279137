// Pre-training on the CUDA backend and on the CPU: the same masks, the same losses.
#include <cmath>
#include <cstdint>
#include <vector>

#include "backends.hpp"
#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

namespace {

struct run_result {
  std::vector<double> losses, norms;
  std::vector<float> weights;
};

/// Steps over the same images, in two slices and a rest.
template <class B>
run_result train(B& backend, int steps) {
  constexpr sdmae::index count = 5;
  auto model = sdmae::build<tiny::architecture>(backend, {.seed = 7});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6},
                            0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{},
                            sdmae::adamw{.learning_rate = 1e-3}, {.seed = 7, .slice = 2});
  const auto images = tiny::pictures<tiny::image>(count);
  run_result result;
  for (int step = 0; step < steps; ++step) {
    sdmae::array_batch<tiny::image, std::uint8_t> batch(images.data(), count, step, step * count);
    const auto report = trainer.step(batch);
    result.losses.push_back(report.loss);
    result.norms.push_back(report.gradient_norm);
  }
  for (const sdmae::parameter& row : model.table()) {
    const auto values = model.read(row);
    result.weights.insert(result.weights.end(), values.begin(), values.end());
  }
  return result;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::fmax(largest, std::fabs(a[i] - b[i]) / std::fabs(b[i]));
  return largest;
}

}  // namespace

TEST_CASE("20 steps on the CUDA backend have the CPU's losses") {
  sdmae::eigen_backend<float> cpu({.threads = 1});
  cuda_tests::backend<float> gpu;
  const run_result expected = train(cpu, 20), got = train(gpu, 20);
  CHECK(largest_difference(got.losses, expected.losses) < 1e-5);
  CHECK(got.losses.back() < 0.95 * got.losses.front());
}

TEST_CASE("a run on the CUDA backend repeats to the last bit") {
  cuda_tests::backend<float> gpu;
  const run_result one = train(gpu, 3), other = train(gpu, 3);
  CHECK(one.losses == other.losses);
  CHECK(one.weights == other.weights);
}

TEST_CASE("rounded factors of products: losses stay within what their bits allow") {
  using sdmae::precision;
  cuda_tests::backend<float> exact, tf32(precision::tf32), bf16(precision::bf16);
  const run_result expected = train(exact, 5), by_tf32 = train(tf32, 5), by_bf16 = train(bf16, 5);
  CHECK(largest_difference(by_tf32.losses, expected.losses) < std::exp2(-10));
  CHECK(largest_difference(by_bf16.losses, expected.losses) < std::exp2(-7));
  CHECK(largest_difference(by_bf16.losses, expected.losses) > 0);
}
