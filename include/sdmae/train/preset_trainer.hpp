// A preset on a backend behind the trainer interface. Compiled once per preset, in a translation unit of its own.
#pragma once

#include <string>
#include <utility>

#include "sdmae/masking/any.hpp"
#include "sdmae/train/built_training.hpp"
#include "sdmae/train/trainer.hpp"

namespace sdmae {

namespace detail {
template <class Preset, class B>
using preset_training =
    built_training<trainer,
                   pretrainer<model<typename Preset::architecture, B>, masking::any, typename Preset::loss::type>>;
}  // namespace detail

template <class Preset, tensor_backend B>
class preset_trainer final : public detail::preset_training<Preset, B> {
  using built = detail::preset_training<Preset, B>;
  using target = typename Preset::loss::target;

 public:
  preset_trainer(B backend, const trainer_options& options)
      : built(std::move(backend), {.seed = options.seed}, options.mask, Preset::loss::make(options.distill_weight),
              options.optimiser,
              pretrain_settings{.seed = options.seed, .slice = options.slice, .schedule = options.schedule}) {}

  std::string policies() const override {
    return "mask " + std::string(this->train().mask().name()) + ", target " + target::name + Preset::loss::policies;
  }
  index prototypes() const override { return Preset::architecture::K; }
  run_report step(byte_batch& batch) override { return this->take_step(batch); }
  reconstruction_images reconstruct(byte_batch& images) override {
    return sdmae::reconstruct<target>(this->held_model(), this->train().mask(), this->train().options().seed, images);
  }
  attention_study attention(byte_batch& images) override {
    return study_attention(this->held_model(), this->train().mask(), this->train().options().seed, images);
  }
};

}  // namespace sdmae
