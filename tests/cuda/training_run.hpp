// Some steps of pre-training, on whatever backend.
#pragma once

#include <cstdint>
#include <vector>

#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

namespace cuda_tests {

struct run_result {
  std::vector<double> losses, norms;
  std::vector<float> weights;
};

/// Steps over the same images, in two slices and a rest.
template <class B>
run_result train(B& backend, int steps) {
  constexpr sdmae::index count = 5;
  auto model = sdmae::build<tiny::architecture>(backend, {.seed = 7});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6},
                            0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{},
                            sdmae::adamw{.learning_rate = 1e-3}, {.seed = 7, .slice = 2});
  const auto images = tiny::pictures<tiny::image>(count);
  run_result result;
  for (int step = 0; step < steps; ++step) {
    sdmae::array_batch<tiny::image, std::uint8_t> batch(images.data(), count, step, step * count);
    const auto report = trainer.step(batch);
    result.losses.push_back(report.loss);
    result.norms.push_back(report.gradient_norm);
  }
  for (const sdmae::parameter& row : model.table()) {
    const auto values = model.read(row);
    result.weights.insert(result.weights.end(), values.begin(), values.end());
  }
  return result;
}

/// The same on the CPU, in a file that the C++ compiler compiles.
run_result train_on_cpu(int steps);

}  // namespace cuda_tests
