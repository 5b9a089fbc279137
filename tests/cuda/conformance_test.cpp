// The CUDA backend against textbook formulas, and its attention for the token counts and head widths of real models.
#include <string>

#include "backends.hpp"
#include "catch.hpp"
#include "sdmae/testing/conformance.hpp"

using namespace sdmae::testing;

TEMPLATE_TEST_CASE("the CUDA backend conforms, but for the bits of slices in products", "", float, double) {
  cuda_tests::backend<TestType> backend;
  auto found = check_backend(backend);
  CHECK(found.size() > 500);
  std::erase_if(found, [](const auto& finding) {
    return finding.what.find("linear_weight_gradient, three slices") != std::string::npos;
  });
  CHECK(found.size() > 480);
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
