// He et al.'s MAE behind the interface that programs hold: it trains, and goes on from its checkpoint.
#include <filesystem>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "sdmae/train/preset_trainer.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

struct tiny_mae {
  using architecture = mae<tiny::image, tiny::encoder, tiny::decoder>;
  using loss = presets::he_et_al_loss;
};
using mae_trainer = preset_trainer<tiny_mae, reference_backend<float>>;

trainer_options options() {
  trainer_options chosen;
  chosen.seed = 3;
  chosen.mask = {masking::he_et_al(0.75)};
  chosen.optimiser = {.learning_rate = 2e-3, .beta2 = 0.95};
  return chosen;
}

std::vector<float> weights(trainer& run) {
  std::vector<float> all;
  for (const named_tensor& tensor : run.parameters()) {
    std::vector<float> values(static_cast<std::size_t>(tensor.count));
    tensor.read(values.data());
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace

TEST_CASE("He et al.'s MAE is stopped and resumed, stored position tables and all") {
  const auto file = std::filesystem::temp_directory_path() / "sdmae_mae_trainer_test.safetensors";
  mae_trainer straight({}, options()), first({}, options()), second({}, options());
  const run_settings settings{{"sdmae.policies", straight.policies()}};
  CHECK(straight.policies() == "mask random, target patch");
  tiny::held_pictures images(4);
  const double start = straight.step(images).loss;
  double end = start;
  for (int i = 0; i < 9; ++i) end = straight.step(images).loss;
  CHECK(end < start);
  for (int i = 0; i < 6; ++i) first.step(images);
  save_checkpoint(file, first, settings);
  resume_checkpoint(file, second, settings);
  for (int i = 0; i < 4; ++i) second.step(images);
  CHECK(weights(second) == weights(straight));
  CHECK_THROWS_AS(resume_checkpoint(file, second, {}), error);
  std::filesystem::remove(file);
}
