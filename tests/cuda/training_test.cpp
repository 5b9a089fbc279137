// Pre-training on the CUDA backend and on the CPU: the same masks, the same losses.
#include <cmath>
#include <vector>

#include "backends.hpp"
#include "catch.hpp"
#include "sdmae/testing/finding.hpp"
#include "training_run.hpp"

namespace {

using cuda_tests::run_result;
using cuda_tests::train;

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    largest = sdmae::testing::worse(largest, std::fabs(a[i] - b[i]) / std::fabs(b[i]));
  return largest;
}

}  // namespace

TEST_CASE("20 steps on the CUDA backend have the CPU's losses") {
  cuda_tests::backend<float> gpu;
  const run_result expected = cuda_tests::train_on_cpu(20), got = train(gpu, 20);
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
