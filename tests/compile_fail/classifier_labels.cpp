// expect: a classifier learns from labels
#include "sdmae/backend/reference.hpp"
#include "sdmae/train/finetuner.hpp"

constexpr sdmae::image_shape tile{.height = 8, .width = 8, .patch = 4};
constexpr sdmae::vit_shape tower{.width = 8, .depth = 1, .heads = 2};

int main() {
  sdmae::reference_backend<float> backend;
  auto model = sdmae::build<sdmae::vit_classifier<tile, tower, 2>>(backend);
  sdmae::finetuner train(model, {}, sdmae::adamw{});
  const float images[tile.values()] = {}, labels[2] = {1, 0};
#ifdef SDMAE_SHOULD_COMPILE
  sdmae::labelled_array_batch<tile, float, float> batch(images, labels, 2, 1);
#else
  static_cast<void>(labels);
  sdmae::array_batch<tile, float> batch(images, 1);
#endif
  train.step(batch);
}
