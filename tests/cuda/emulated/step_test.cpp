// What a step on the CUDA backend may not do: allocate, hold more than was planned, wait for the device more often than
// it reads numbers, depend on the order of threads or on being recorded, leave something behind.
#include <algorithm>
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

using gpu_backend = cuda_tests::backend<float>;

/// Asks for every kernel of every step by itself.
struct unrecorded_backend : gpu_backend {
  template <class F>
  void repeat(recordings&, const sdmae::work_key&, F f) {
    f();
  }
};

const auto losses = 0.8 * sdmae::loss::reconstruction<>{} +
                    0.2 * sdmae::loss::self_distillation<>{.first_teacher_temperature = 0.02, .warmup_epochs = 5};

template <class Model>
std::vector<float> weights_of(const Model& model) {
  std::vector<float> weights;
  for (const sdmae::parameter& row : model.table()) {
    const auto values = model.read(row);
    weights.insert(weights.end(), values.begin(), values.end());
  }
  return weights;
}

/// Weights after three steps; asks of the last two what they did.
std::vector<float> train(std::uint64_t seed) {
  cuda_emulation::reset();
  cuda_emulation::set_seed(seed);
  gpu_backend gpu;
  auto model = sdmae::build<tiny::architecture>(gpu, {.seed = 7});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6}, losses, sdmae::adamw{.learning_rate = 1e-3},
                            {.slice = 2});
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
  const auto weights = weights_of(model);
  cuda_emulation::set_seed(0);
  CHECK(cuda_emulation::all_findings() == "");
  return weights;
}

struct history {
  std::vector<double> losses;
  std::vector<float> weights, pixels;
  std::size_t graphs = 0, kernels = 0;
};

/// Steps over batches of different sizes, an epoch each: the teacher's temperature changes from one to the next.
template <class B>
history train_on_batches(const std::vector<sdmae::index>& sizes) {
  B gpu;
  auto model = sdmae::build<tiny::architecture>(gpu, {.seed = 7});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6}, losses, sdmae::adamw{.learning_rate = 1e-3},
                            {.slice = 2});
  history result;
  const auto before = cuda_emulation::counts();
  sdmae::index step = 0;
  for (const sdmae::index count : sizes) {
    const auto images = tiny::pictures<tiny::image>(count, 3 + std::uint64_t(step));
    sdmae::array_batch<tiny::image, std::uint8_t> batch(images.data(), count, step, step * count);
    result.losses.push_back(trainer.step(batch).loss);
    ++step;
  }
  result.graphs = cuda_emulation::counts().graph_launches - before.graph_launches;
  result.kernels = cuda_emulation::counts().kernels - before.kernels;
  const auto pixels = trainer.last_slice().pixels();
  result.pixels.resize(std::size_t(pixels.size()));
  gpu.copy_out(result.pixels.data(), pixels.data, pixels.size());
  gpu.synchronise();
  result.weights = weights_of(model);
  return result;
}

}  // namespace

TEST_CASE("a step allocates nothing, seldom waits, and does not depend on the order of threads") {
  const auto first = train(0);
  CHECK(train(1) == first);
  CHECK(train(2) == first);
  CHECK(cuda_emulation::leaks() == "");
}

TEST_CASE("a step that is replayed is the step that was recorded: other images, other numbers, other batches") {
  cuda_emulation::reset();
  // Larger, smaller and known batches; a last slice of one image.
  const std::vector<sdmae::index> sizes{4, 4, 4, 5, 5, 5, 4, 4, 2, 7, 7, 5};
  const history got = train_on_batches<gpu_backend>(sizes), want = train_on_batches<unrecorded_backend>(sizes);
  CHECK(got.losses == want.losses);
  CHECK(got.weights == want.weights);
  CHECK(got.pixels == want.pixels);
  CHECK(got.kernels == want.kernels);
  CHECK(want.graphs == 0);
  CHECK(got.graphs > 2 * sizes.size());
  CHECK(cuda_emulation::all_findings() == "");
  CHECK(cuda_emulation::leaks() == "");
}

TEST_CASE("from the third step on nothing is asked for but graphs and copies") {
  cuda_emulation::reset();
  const history three = train_on_batches<gpu_backend>({4, 4, 4}), two = train_on_batches<gpu_backend>({4, 4});
  CHECK(three.graphs - two.graphs == 5);  // before, two slices, after, update
}

TEST_CASE("the device holds what was planned") {
  cuda_emulation::reset();
  const std::size_t before = cuda_emulation::memory_in_use();
  gpu_backend gpu;
  auto model = sdmae::build<tiny::architecture>(gpu, {.seed = 7});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6}, losses, sdmae::adamw{.learning_rate = 1e-3},
                            {.slice = 2});
  const auto images = tiny::pictures<tiny::image>(5);
  sdmae::index largest = 0;
  for (const sdmae::index count : {3, 5, 4}) {
    sdmae::array_batch<tiny::image, std::uint8_t> batch(images.data(), count);
    trainer.step(batch);
    largest = std::max(largest, count);
    const sdmae::memory_plan plan = trainer.plan(largest, 2);
    CHECK(cuda_emulation::memory_in_use() - before == plan.resident + plan.step);
  }
}
