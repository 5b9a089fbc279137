// expect: this architecture has no student and no teacher
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/train/pretrainer.hpp"

using architecture = sdmae::mae<sdmae::image_shape{.height = 8, .width = 8, .patch = 4},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2}>;

int main() {
  sdmae::reference_backend<float> backend;
  auto model = sdmae::build<architecture>(backend);
#ifdef SDMAE_SHOULD_COMPILE
  const auto loss = 1.0 * sdmae::loss::reconstruction<>{};
#else
  const auto loss = 0.8 * sdmae::loss::reconstruction<>{} + 0.2 * sdmae::loss::self_distillation<>{};
#endif
  sdmae::pretrainer train(model, sdmae::masking::random{}, loss, sdmae::adamw{});
}
