// The reference backend, in every scalar it is used with, against textbook formulas.
#include "sdmae/backend/reference.hpp"
#include "catch.hpp"
#include "sdmae/testing/conformance.hpp"

TEMPLATE_TEST_CASE("the reference backend conforms", "", float, double, long double) {
  sdmae::reference_backend<TestType> backend;
  const auto found = sdmae::testing::check_backend(backend);
  CHECK(sdmae::testing::failures(found) == "");
  CHECK(found.size() > 500);
}
