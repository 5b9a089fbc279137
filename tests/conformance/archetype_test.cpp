// A backend with only the required operations: the inherited bodies conform, and its memory and copies are respected.
#include "archetype_backend.hpp"

#include "catch.hpp"
#include "sdmae/testing/conformance.hpp"

TEMPLATE_TEST_CASE("a backend with only the required operations conforms", "", float, double) {
  archetype_backend<TestType> backend;
  {
    const auto found = sdmae::testing::check_backend(backend);
    CHECK(sdmae::testing::failures(found) == "");
    CHECK(found.size() > 500);
  }
  CHECK(backend.device().copies_in > 1000);
  CHECK(backend.device().copies_out > 1000);
  CHECK(backend.device().owners == 0);
}

TEST_CASE("the archetype works late, keeps what it was given, and refuses copies beyond what is owned") {
  archetype_backend<double> backend;
  auto memory = backend.allocate(4 * sizeof(double));
  auto* const values = reinterpret_cast<double*>(memory.data());
  double source[4] = {1, 2, 3, 4}, result[4] = {};
  backend.copy_in(values, source, 4);
  source[0] = 9;
  backend.map(4, 1, [=](sdmae::index r, sdmae::index) { values[r] *= 10; });
  backend.copy_out(result, values, 4);
  CHECK(result[0] == 0);
  backend.synchronise();
  CHECK(result[0] == 10);
  CHECK(result[3] == 40);
  CHECK_THROWS(backend.copy_in(values + 1, source, 4));
  CHECK_THROWS(backend.copy_out(result, source, 1));
  CHECK(backend.device().owners == 1);
}
