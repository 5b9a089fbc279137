// What a step on the CUDA backend may not do: allocate, wait for the device more often than it reads numbers, depend on
// the order of threads, leave something behind.
#include <cstdint>
#include <vector>

#include "../backends.hpp"
#include "catch.hpp"
#include "cuda_emulation/emulation.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

namespace {

/// Weights after three steps; asks of the last two what they did.
std::vector<float> train(std::uint64_t seed) {
  cuda_emulation::reset();
  cuda_emulation::set_seed(seed);
  cuda_tests::backend<float> gpu;
  auto model = sdmae::build<tiny::architecture>(gpu, {.seed = 7});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6},
                            0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{},
                            sdmae::adamw{.learning_rate = 1e-3}, {.slice = 2});
  const auto images = tiny::pictures<tiny::image>(4);
  cuda_emulation::work_counts before;
  for (int step = 0; step < 3; ++step) {
    sdmae::array_batch<tiny::image, std::uint8_t> batch(images.data(), 4);
    trainer.step(batch);
    if (step == 0) before = cuda_emulation::counts();
  }
  const auto after = cuda_emulation::counts();
  CHECK(after.allocations == before.allocations);
  CHECK(after.kernels - before.kernels > 100);
  CHECK(after.products - before.products > 100);
  // Once for all that is reported; each copy to the host counts too.
  CHECK(after.synchronisations - before.synchronisations <= 2 * 9);
  std::vector<float> weights;
  for (const sdmae::parameter& row : model.table()) {
    const auto values = model.read(row);
    weights.insert(weights.end(), values.begin(), values.end());
  }
  cuda_emulation::set_seed(0);
  CHECK(cuda_emulation::all_findings() == "");
  return weights;
}

}  // namespace

TEST_CASE("a step allocates nothing, seldom waits, and does not depend on the order of threads") {
  const auto first = train(0);
  CHECK(train(1) == first);
  CHECK(train(2) == first);
  CHECK(cuda_emulation::leaks() == "");
}
