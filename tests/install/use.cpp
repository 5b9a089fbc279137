// What a stranger's project does first: includes everything, builds a model, takes one step.
#include <cstdio>
#include <vector>

#include "sdmae/sdmae.hpp"

int main() {
  constexpr sdmae::image_shape tile{.height = 16, .width = 16, .patch = 4};
  constexpr sdmae::vit_shape tower{.width = 16, .depth = 1, .heads = 2};
  using architecture =
      sdmae::sd_mae<tile, tower, tower, sdmae::head_shape{.hidden = 16, .bottleneck = 8, .prototypes = 8}>;
  sdmae::eigen_backend<float> cpu;
  auto model = sdmae::build<architecture>(cpu, {.seed = 7});
  sdmae::pretrainer train(model, sdmae::masking::random{.ratio = 0.6}, 1.0 * sdmae::loss::reconstruction<>{},
                          sdmae::adamw{});
  const std::vector<std::uint8_t> images(2 * tile.values(), 200);
  sdmae::array_batch<tile, std::uint8_t> batch(images.data(), 2);
  if (!(train.step(batch).loss > 0)) return 1;
  std::printf("sdmae %s\n", SDMAE_VERSION);
}
