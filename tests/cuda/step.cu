// Steps of pre-training and of fine-tuning on a GPU, as a program: what nvcc must compile and link. Says what it did, or
// in one line why not.
#include <cstdint>
#include <cstdio>
#include <vector>

#include "sdmae/backend/cuda.cuh"
#include "sdmae/core/random.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/train/finetuner.hpp"
#include "sdmae/train/pretrainer.hpp"

namespace {

using architecture = sdmae::presets::pretrain_mae_small_patch8_96::architecture;
using classifier = sdmae::classifier_of<architecture, 10>;
constexpr sdmae::index images = 4;

/// The kernels that a model's width takes part in, over no rows: nvcc must compile them, and nothing runs.
template <sdmae::index Heads, sdmae::index D>
void pass_nothing(sdmae::cuda_backend<float>& gpu) {
  const sdmae::rows_view<const float, D> x{};
  const sdmae::rows_view<const float, 3 * D> qkv{};
  const sdmae::rows_view<const float, Heads> log_sum{};
  const sdmae::column_view<const float> of_rows{};
  gpu.layer_norm_forward<D>(x, {}, {}, 1e-6f, {}, {}, {});
  gpu.layer_norm_backward<D>(x, x, of_rows, of_rows, {}, {}, {}, {}, nullptr);
  gpu.attention_forward<Heads, D>(1, qkv, {}, {}, nullptr);
  gpu.attention_backward<Heads, D>(1, x, qkv, x, log_sum, {}, nullptr);
}

void train() {
  sdmae::cuda_backend<float> gpu;
  pass_nothing<16, 1024>(gpu);  // of mae_vit_large_patch16: heads of 64
  pass_nothing<16, 1280>(gpu);  // of mae_vit_huge_patch14: heads of 80
  auto model = sdmae::build<architecture>(gpu, {.seed = 1});
  sdmae::pretrainer trainer(model, sdmae::masking::random{.ratio = 0.6},
                            0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{},
                            sdmae::adamw{.learning_rate = 1e-4}, {.slice = 2});
  std::vector<std::uint8_t> pixels(images * architecture::image.values());
  sdmae::random_sequence numbers(1, sdmae::stream::test);
  for (std::uint8_t& value : pixels) value = static_cast<std::uint8_t>(numbers.below(256));
  for (int step = 0; step < 3; ++step) {
    sdmae::array_batch<architecture::image, std::uint8_t> batch(pixels.data(), images);
    std::printf("step %d: loss %.6f\n", step, trainer.step(batch).loss);
  }

  auto told_apart = sdmae::build<classifier>(gpu, {.seed = 1});
  sdmae::finetuner tuner(told_apart, {.classes = 2}, sdmae::adamw{.learning_rate = 1e-4},
                         {.slice = 2, .drop_path = 0.1, .layer_decay = 0.75});
  const float labels[images * 2] = {1, 0, 0, 1, 0.5, 0.5, 1, 0};
  for (int step = 0; step < 3; ++step) {
    sdmae::labelled_array_batch<architecture::image, std::uint8_t, float> batch(pixels.data(), labels, 2, images);
    std::printf("fine-tuning, step %d: loss %.6f\n", step, tuner.step(batch).loss);
  }
}

}  // namespace

int main() {
  try {
    train();
  } catch (const sdmae::error& problem) {
    std::fprintf(stderr, "step: %s\n", problem.what());
    return 1;
  }
}
