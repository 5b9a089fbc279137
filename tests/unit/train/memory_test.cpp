// What training the largest model of two cores takes, by its plan: nothing is allocated, no step runs.
#include "sdmae/backend/eigen.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/presets.hpp"
#include "sdmae/train/pretrainer.hpp"

#include "catch.hpp"

using namespace sdmae;

namespace {

/// Plans like the CPU backend, and holds and moves nothing.
struct weightless : eigen_backend<float> {
  weightless() : eigen_backend<float>({.threads = 2}) {}
  host_memory allocate(std::size_t) { return {}; }
  template <class Value>
  void copy_in(Value*, const std::type_identity_t<Value>*, sdmae::index) {}
  template <class Value>
  void fill(Value*, sdmae::index, Value) {}
};

}  // namespace

TEST_CASE("a step of mae_vit_base_patch16 at batch 8 fits 4 GiB, whatever the slice") {
  using preset = presets::mae_vit_base_patch16;
  using model_type = model<preset::architecture, weightless>;
  weightless backend;
  model_type model(backend);
  CHECK(model_type::parameter_count() == 111'907'840);
  pretrainer train(model, masking::he_et_al(preset::defaults.mask_ratio), preset::loss::make(0), adamw{});
  const memory_plan plan = train.plan(8, 8);
  const std::size_t floats = sizeof(float) * std::size_t{model_type::storage};
  CHECK(plan.resident > 4 * floats);  // weights, gradients and two moments; then weights once more, packed
  CHECK(plan.resident < 5 * floats + (std::size_t{64} << 20));
  CHECK(plan.step > std::size_t{1} << 28);
  CHECK(plan.resident + plan.step <= std::size_t{4} << 30);
  CHECK(train.plan(8, 2).step < plan.step / 2);
  CHECK(train.plan(64, 8).step < plan.step + (std::size_t{64} << 20));  // a larger batch takes more slices, not memory
}
