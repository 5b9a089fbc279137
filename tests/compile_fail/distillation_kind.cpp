// expect: compares scores over prototypes: give sd_mae a head_shape
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/sd_mae.hpp"
#include "sdmae/train/pretrainer.hpp"

using architecture = sdmae::sd_mae<sdmae::image_shape{.height = 8, .width = 8, .patch = 4},
                                   sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2},
                                   sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2}, sdmae::feature_shape{}>;

int main() {
  sdmae::reference_backend<float> backend;
  auto model = sdmae::build<architecture>(backend);
#ifdef SDMAE_SHOULD_COMPILE
  const auto loss = 0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::feature_distillation<>{};
#else
  const auto loss = 0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{};
#endif
  sdmae::pretrainer train(model, sdmae::masking::random{}, loss, sdmae::adamw{});
  const float images[2 * 3 * 64] = {};
  sdmae::array_batch<architecture::image, float> batch(images, 2);
  train.step(batch);
}
