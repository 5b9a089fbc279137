// Learning on real tissue: eight tiles of a folder under masks that stay, pretrain_mae_small_patch8_96, 60 steps at
// 5e-4 after a warm-up of 20. The reconstruction must come to 0.95 or less; predicting zero costs 0.984. A falling
// total would prove nothing: the distillation collapses by itself. eight_tiles FOLDER
#include <cstdio>
#include <vector>

#include "sdmae/backend/eigen.hpp"
#include "sdmae/data/augment.hpp"
#include "sdmae/data/folder.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/train/pretrainer.hpp"

int main(int, char** arguments) try {
  using preset = sdmae::presets::pretrain_mae_small_patch8_96;
  constexpr sdmae::image_shape image = preset::architecture::image;
  constexpr sdmae::index count = 8, steps = 60;

  const sdmae::image_folder folder(arguments[1]);
  std::vector<std::uint8_t> pixels(count * image.values());
  sdmae::augmentation whole;
  whole.part = sdmae::cropping::center;
  for (sdmae::index i = 0; i < count; ++i)
    sdmae::augment(folder.load(i).image, whole, 0, 0, i, image.height, image.width, pixels.data() + i * image.values());

  sdmae::eigen_backend<float> cpu;
  auto model = sdmae::build<preset::architecture>(cpu, {.seed = 0});
  const sdmae::cosine_schedule schedule{.peak = 5e-4, .floor = 5e-4, .warmup_steps = 20, .total_steps = steps};
  sdmae::pretrainer train(model, sdmae::masking::random{.ratio = 0.6},
                          0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{},
                          sdmae::adamw{.learning_rate = 5e-4}, {.slice = count, .schedule = schedule});
  double reconstruction = 1;
  for (sdmae::index step = 1; step <= steps; ++step) {
    sdmae::array_batch<image, std::uint8_t> batch(pixels.data(), count);  // always epoch 0: the masks stay
    reconstruction = train.step(batch).terms[0].value;
    if (step % 10 == 0) std::printf("step %2d  reconstruction %.4f\n", static_cast<int>(step), reconstruction);
  }
  return reconstruction <= 0.95 ? 0 : 1;
} catch (const sdmae::error& problem) {
  std::fprintf(stderr, "%s\n", problem.what());
  return 1;
}
