// Every barrier of the kernels is needed, and its loss is noticed: each is taken out once, and then either some result
// is wrong or it depends on the order in which threads run. A program of its own, whose kernels have these barriers.
#include <cuda_runtime.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>

namespace mutation {

using barrier = std::pair<std::string, int>;  // file, line
inline std::set<barrier> seen;
inline barrier removed;

inline bool keeps(const char* file, int line) {
  const std::string path = file;
  const barrier b{path.substr(path.find_last_of('/') + 1), line};
  seen.insert(b);
  return b != removed;
}

}  // namespace mutation

#undef __syncthreads
#define __syncthreads() \
  (mutation::keeps(__FILE__, __LINE__) ? ::cuda_emulation::wait_for_block(__FILE__, __LINE__) : void())
#undef __syncwarp
#define __syncwarp() \
  (mutation::keeps(__FILE__, __LINE__) ? ::cuda_emulation::wait_for_warp(__FILE__, __LINE__) : void())

#include "../backends.hpp"
#include "catch.hpp"
#include "cuda_emulation/emulation.hpp"
#include "sdmae/testing/conformance.hpp"

using namespace sdmae::testing;
using gpu_backend = cuda_tests::backend<float>;

namespace {

/// The operations whose kernels have barriers.
findings run(std::uint64_t seed) {
  cuda_emulation::reset();
  cuda_emulation::set_seed(seed);
  gpu_backend gpu;
  examiner<gpu_backend> e(gpu);
  check_reductions(e);
  check_product(e, {33, 31, 65, 1}, {layout::spaced, layout::spaced, layout::spaced}, 0.5, true);
  const auto left = e.draw(40 * 40);  // strides that cuBLASLt does not take
  guarded<gpu_backend> x(gpu, left), out(gpu, 20 * 20);
  gpu.product({20, 20, 20}, 1.0f, {x.data(), 80, 2}, {x.data(), 80, 2}, {out.data(), 20, 1}, false);
  e.compare("strided product", out, out.read(), 0);
  attention_examiner<gpu_backend, 2, 16>(e, 1, 70, 1.0).check(tolerance<float>::attention);
  cuda_emulation::set_seed(0);
  return e.found;
}

bool noticed(const findings& right) {
  for (const std::uint64_t seed : {0, 1, 2}) {
    const findings found = run(seed);
    if (failures(found) != "" || failures(compare_bits(right, found)) != "" || cuda_emulation::all_findings() != "")
      return true;
  }
  return false;
}

}  // namespace

TEST_CASE("no barrier can be taken out unnoticed") {
  const findings right = run(0);
  CHECK(failures(right) == "");
  CHECK(!noticed(right));
  const auto barriers = mutation::seen;
  CHECK(barriers.size() == 13);  // all that the kernels have
  for (const mutation::barrier& each : barriers) {
    mutation::removed = each;
    INFO(each.first << ":" << each.second);
    CHECK(noticed(right));
  }
  mutation::removed = {};
  cuda_emulation::reset();
}
