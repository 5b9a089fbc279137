// Gradients of a whole SD-MAE through its losses, on every backend.
#include "backends.hpp"
#include "model_gradient.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "tiny.hpp"

namespace {

using architecture = tiny::scaled_architecture;
const auto painted = sdmae::loss::reconstruction<>{};
const sdmae::loss::self_distillation<> taught{
    .student_temperature = 0.5, .teacher_temperature = 0.4, .center_momentum = 1.0};

}  // namespace

TEMPLATE_TEST_CASE("gradients of the whole model", "", EVERY_BACKEND) {
  using sdmae::testing::failures;
  const auto found =
      model_gradient::check_model<TestType, architecture>(0.7 * painted + 0.3 * taught, sdmae::all_outputs);
  CHECK(failures(found) == "");
  CHECK(found.size() == sdmae::model<architecture, TestType>::table().size() - 2);  // but for the two weight_g
  bool token = false, bridge = false;
  for (const auto& each : found) {
    token = token || each.what == "mask_token";
    bridge = bridge || each.what == "encoder_to_decoder.weight";
  }
  CHECK(token);
  CHECK(bridge);
}
