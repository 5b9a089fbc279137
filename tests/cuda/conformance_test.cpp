// The CUDA backend against textbook formulas, and its kernels for the sizes of real models.
#include <string>
#include <vector>

#include "backends.hpp"
#include "catch.hpp"
#include "sdmae/testing/conformance.hpp"

using namespace sdmae::testing;

namespace {

/// to[r − first, c] += 1, for rows from `first` on.
struct counts_late_rows {
  float* to;
  sdmae::index first, width;
  SDMAE_HOST_DEVICE void operator()(sdmae::index r, sdmae::index c) const {
    if (r >= first) to[(r - first) * width + c] += 1;
  }
};

}  // namespace

TEMPLATE_TEST_CASE("the CUDA backend conforms", "", float, double) {
  cuda_tests::backend<TestType> backend;
  const auto found = check_backend(backend);
  CHECK(found.size() > 500);
  CHECK(failures(found) == "");
}

TEMPLATE_TEST_CASE("attention in tiles: all head widths, more tokens than a tile", "", float, double) {
  cuda_tests::backend<TestType> backend;
  examiner<cuda_tests::backend<TestType>> e(backend);
  const double bound = tolerance<TestType>::attention;
  attention_examiner<cuda_tests::backend<TestType>, 1, 8>(e, 2, 31, 1.0).check(bound);
  attention_examiner<cuda_tests::backend<TestType>, 2, 32>(e, 1, 64, 1.0).check(bound);
  attention_examiner<cuda_tests::backend<TestType>, 2, 64>(e, 1, 65, 1.0).check(bound);
  attention_examiner<cuda_tests::backend<TestType>, 1, 64>(e, 1, 393, 1.0).check(bound);
  attention_examiner<cuda_tests::backend<TestType>, 2, 192>(e, 1, 79, 1.0).check(bound);
  attention_examiner<cuda_tests::backend<TestType>, 1, 128>(e, 2, 40, 1.0).check(bound);
  attention_examiner<cuda_tests::backend<TestType>, 1, 48>(e, 1, 50, 12.0)
      .check(tolerance<TestType>::attention_large_scores);
  CHECK(failures(e.found) == "");
}

TEMPLATE_TEST_CASE("layer normalisation of rows that a warp reads in several pieces", "", float, double) {
  cuda_tests::backend<TestType> backend;
  examiner<cuda_tests::backend<TestType>> e(backend);
  check_layer_norm<192>(e, 5, 2.0);
  check_layer_norm<1280>(e, 5, 2.0);
  CHECK(failures(e.found) == "");
}

TEMPLATE_TEST_CASE("sums over rows in chunks: of two outputs, in little workspace, in as many chunks as there may be", "",
                   float, double) {
  using backend_type = sdmae::cuda_backend<TestType>;
  for (const std::size_t workspace : {std::size_t{3 * 2 * 96 * sizeof(TestType)}, std::size_t{1} << 20}) {
    backend_type backend({.product_workspace = (workspace + 255) / 256 * 256, .staging = 8192});
    examiner<backend_type> e(backend);
    check_layer_norm<96>(e, 1000, 2.0);
    check_reduce_columns(e, {33000, 3});
    CHECK(failures(e.found) == "");
  }
}

TEST_CASE("AdamW: a segment of more values than its blocks have threads, more segments than a launch carries") {
  cuda_tests::backend<float> backend;
  examiner<cuda_tests::backend<float>> e(backend);
  constexpr sdmae::index threads = sdmae::cuda::adamw_blocks * sdmae::cuda::adamw_threads;
  check_adamw(e, threads + 400, {{0, 3, false}, {16, threads + 300, true, 1}});
  std::vector<sdmae::adamw_segment> many;
  for (sdmae::index i = 0; i < 2 * sdmae::cuda::adamw_segments_of_launch::most + 3; ++i)
    many.push_back({i * 8, 1 + i % 7, i % 2 == 0, static_cast<int>(i % 3 == 0)});
  check_adamw(e, sdmae::index(many.size()) * 8, many);
  CHECK(failures(e.found) == "");
}

TEST_CASE("map: more rows than a grid has blocks for") {
  constexpr sdmae::index width = 2, tile = sdmae::cuda::map_threads / 8, first = 65535 * tile, late = 3 * tile + 1;
  cuda_tests::backend<float> backend;
  examiner<cuda_tests::backend<float>> e(backend);
  guarded<cuda_tests::backend<float>> counts(backend, std::vector<float>(late * width, 0.0f));
  backend.map(first + late, width, counts_late_rows{counts.data(), first, width});
  e.compare("map, late rows", counts, std::vector<float>(late * width, 1.0f), 0);
  CHECK(failures(e.found) == "");
}
