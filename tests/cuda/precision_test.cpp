// Rounded factors: the error of a product stays below what the rounding of its factors can make of it, and shows that
// they were rounded; sums are float.
#include <cmath>
#include <vector>

#include "backends.hpp"
#include "catch.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/testing/finding.hpp"

namespace {

using sdmae::precision;

/// The largest |got − exact| of a product, in units of Σ|a·b| of its element.
double error_of_product(precision chosen, sdmae::index depth) {
  constexpr sdmae::index rows = 24, columns = 40;
  cuda_tests::backend<float> gpu(chosen);
  sdmae::random_sequence numbers(5, sdmae::stream::test);
  const auto draw = [&](sdmae::index count) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) value = static_cast<float>(numbers.uniform(-1, 1));
    return values;
  };
  const auto a = draw(rows * depth), b = draw(depth * columns);
  const auto on_device = [&](const std::vector<float>& values) {
    auto memory = gpu.allocate(values.size() * sizeof(float));
    gpu.copy_in(reinterpret_cast<float*>(memory.data()), values.data(), static_cast<sdmae::index>(values.size()));
    return memory;
  };
  const auto left = on_device(a), right = on_device(b), out = on_device(std::vector<float>(rows * columns));
  const auto at = [](const sdmae::cuda::device_memory& memory) { return reinterpret_cast<float*>(memory.data()); };
  gpu.product({rows, columns, depth}, 1.0f, {at(left), depth, 1}, {at(right), columns, 1}, {at(out), columns, 1},
              false);
  std::vector<float> got(rows * columns);
  gpu.copy_out(got.data(), at(out), rows * columns);
  gpu.synchronise();
  double largest = 0;
  for (sdmae::index r = 0; r < rows; ++r)
    for (sdmae::index c = 0; c < columns; ++c) {
      double exact = 0, size = 0;
      for (sdmae::index k = 0; k < depth; ++k) {
        const double term =
            double(a[static_cast<std::size_t>(r * depth + k)]) * double(b[static_cast<std::size_t>(k * columns + c)]);
        exact += term;
        size += std::fabs(term);
      }
      largest =
          sdmae::testing::worse(largest, std::fabs(got[static_cast<std::size_t>(r * columns + c)] - exact) / size);
    }
  return largest;
}

}  // namespace

TEST_CASE("a product's error is that of its rounded factors") {
  // Each factor is off by at most half a unit in the last of its bits, 2^-(bits + 1) of it: the product by twice that.
  for (const sdmae::index depth : {8, 64, 384}) {
    const double fp32 = error_of_product(precision::fp32, depth);
    const double tf32 = error_of_product(precision::tf32, depth), bf16 = error_of_product(precision::bf16, depth);
    CHECK(fp32 < 1e-6);
    CHECK(tf32 < 1.01 * std::exp2(-10) + 1e-6);
    CHECK(bf16 < 1.01 * std::exp2(-7) + 1e-6);
    CHECK(bf16 > fp32);
    CHECK(tf32 >= fp32);
  }
}
