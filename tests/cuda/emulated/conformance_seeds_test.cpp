// Whatever the order in which blocks and threads run, the CUDA backend gives the same bits, and the device's detectors
// find nothing.
#include <cstdint>

#include "../backends.hpp"
#include "catch.hpp"
#include "cuda_emulation/emulation.hpp"
#include "sdmae/testing/conformance.hpp"

using namespace sdmae::testing;

TEMPLATE_TEST_CASE("no result depends on the order of threads", "", float, double) {
  cuda_emulation::reset();
  findings first;
  for (const std::uint64_t seed : {0, 1, 2, 3}) {
    cuda_emulation::set_seed(seed);
    cuda_tests::backend<TestType> backend;
    findings found = check_backend(backend);
    if (seed == 0) first = found;
    CHECK(failures(compare_bits(first, found)) == "");
  }
  cuda_emulation::set_seed(0);
  CHECK(cuda_emulation::all_findings() == "");
  CHECK(cuda_emulation::leaks() == "");
  CHECK(cuda_emulation::counts().products > 100);
}
