// expect: a target must not have more values than a patch has pixels and channels
// expect: a target of texture cuts patches in four: choose an even patch
#include <vector>

#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/texture.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/train/pretrainer.hpp"

#ifdef SDMAE_SHOULD_COMPILE
constexpr int patch = 8;
#else
constexpr int patch = 3;
#endif

using architecture = sdmae::mae<sdmae::image_shape{.height = 2 * patch, .width = 2 * patch, .patch = patch},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2}>;

int main() {
  sdmae::reference_backend<float> backend;
  auto model = sdmae::build<architecture>(backend);
  sdmae::pretrainer train(model, sdmae::masking::random{},
                          1.0 * sdmae::loss::reconstruction<sdmae::loss::target::texture>{}, sdmae::adamw{});
  const std::vector<std::uint8_t> image(architecture::image.values());
  sdmae::array_batch<architecture::image, std::uint8_t> batch(image.data(), 1, 0);
  train.step(batch);
}
