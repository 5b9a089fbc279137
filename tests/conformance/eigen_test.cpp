// The CPU backend against textbook formulas; the number of threads changes no bit.
#include "sdmae/backend/eigen.hpp"

#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/testing/conformance.hpp"

TEMPLATE_TEST_CASE("the CPU backend conforms, with any number of threads, to the same bits", "", float, double) {
  sdmae::eigen_backend<TestType> alone({.threads = 1});
  const auto found = sdmae::testing::check_backend(alone);
  CHECK(sdmae::testing::failures(found) == "");
  CHECK(found.size() > 500);
  for (const int threads : {2, 3}) {
    sdmae::eigen_backend<TestType> team({.threads = threads});
    REQUIRE(team.threads() == threads);
    const auto found_together = sdmae::testing::check_backend(team);
    CHECK(sdmae::testing::failures(found_together) == "");
    CHECK(sdmae::testing::failures(sdmae::testing::compare_bits(found, found_together)) == "");
  }
}

TEMPLATE_TEST_CASE("with Eigen's products it conforms too, but for the bits of slices", "", float, double) {
  sdmae::eigen_backend<TestType, sdmae::cpu_products::eigen> portable({.threads = 2});
  const auto found = sdmae::testing::check_backend(portable);
  CHECK(found.size() > 500);
  CHECK(sdmae::testing::failures(found) == "");
}
