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
      : built(std::move(backend), {.seed = options.seed}, options.mask,
              Preset::loss::make(options.distill_weight, options.without), options.optimiser,
              pretrain_settings{.seed = options.seed, .slice = options.slice, .schedule = options.schedule}),
        on_tissue_(options.without.has_value()) {}

  std::string policies() const override {
    return "mask " + std::string(this->train().mask().name()) + ", target " + target::name +
           (on_tissue_ ? ", on tissue" : "") + Preset::loss::policies;
  }
  index prototypes() const override { return Preset::architecture::K; }
  run_report step(byte_batch& batch) override { return this->take_step(batch); }
  reconstruction_images reconstruct(byte_batch& images, index slice) override {
    return sdmae::reconstruct<target>(this->held_model(), this->train().mask(), this->train().options().seed, images,
                                      slice);
  }
  attention_study attention(byte_batch& images, index slice) override {
    return study_attention(this->held_model(), this->train().mask(), this->train().options().seed, images, slice);
  }
  std::size_t inference_memory(index slice) override {
    return sdmae::inference_memory(this->held_model(), slice, this->train().visible());
  }

 private:
  bool on_tissue_;
};

}  // namespace sdmae
