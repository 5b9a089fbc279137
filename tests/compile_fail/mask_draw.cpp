// expect: a mask must bring `void draw(const masking::request&, std::int32_t* order) const`
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/train/pretrainer.hpp"

struct half {
  sdmae::index visible(sdmae::index patches) const { return patches / 2; }
#ifdef SDMAE_SHOULD_COMPILE
  void draw(const sdmae::masking::request&, std::int32_t*) const {}
#endif
};

using architecture = sdmae::mae<sdmae::image_shape{.height = 8, .width = 8, .patch = 4},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2},
                                sdmae::vit_shape{.width = 8, .depth = 1, .heads = 2}>;

int main() {
  sdmae::reference_backend<float> backend;
  auto model = sdmae::build<architecture>(backend);
  sdmae::pretrainer train(model, half{}, 1.0 * sdmae::loss::reconstruction<>{}, sdmae::adamw{});
}
