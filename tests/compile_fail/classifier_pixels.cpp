// expect: this architecture paints no pixels
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/cross_entropy.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/masking/none.hpp"
#include "sdmae/model/classifier.hpp"
#include "sdmae/train/pretrainer.hpp"

constexpr sdmae::image_shape tile{.height = 8, .width = 8, .patch = 4};
constexpr sdmae::vit_shape tower{.width = 8, .depth = 1, .heads = 2};

int main() {
  sdmae::reference_backend<float> backend;
  auto model = sdmae::build<sdmae::vit_classifier<tile, tower, 2>>(backend);
#ifdef SDMAE_SHOULD_COMPILE
  const auto loss = 1.0 * sdmae::loss::cross_entropy{};
#else
  const auto loss = 0.5 * sdmae::loss::cross_entropy{} + 0.5 * sdmae::loss::reconstruction<>{};
#endif
  sdmae::pretrainer train(model, sdmae::masking::none{}, loss, sdmae::adamw{});
}
