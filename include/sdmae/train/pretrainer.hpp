// Training: one call is one step of forward, losses, backward and AdamW over a batch, slice by slice.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "sdmae/backend/planning.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/core/error.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/masking/draw.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/train/adamw.hpp"
#include "sdmae/train/host_slice.hpp"
#include "sdmae/train/layer_decay.hpp"
#include "sdmae/train/pretrain_settings.hpp"
#include "sdmae/train/report.hpp"
#include "sdmae/train/reported_columns.hpp"
#include "sdmae/train/slice_pass.hpp"
#include "sdmae/train/training_state.hpp"

namespace sdmae {

/// Trains a model. Model weights are changed by step(); everything else that a run carries from step to step (moments,
/// the losses' states, the step number) is the trainer's. The model must outlive it.
template <class Model, class Mask, class Loss>
class pretrainer;

template <class Architecture, class B, class Mask, class Loss>
class pretrainer<model<Architecture, B>, Mask, Loss> {
  static_assert(masking::checked_mask<Mask>::complete);

 public:
  using model_type = model<Architecture, B>;
  using architecture = Architecture;
  using T = scalar_of<B>;
  using report_type = step_report<Loss::columns>;
  using settings = pretrain_settings;

  pretrainer(model_type& trained, Mask mask, Loss loss, adamw optimiser, const settings& chosen = {})
      : model_(trained),
        mask_(std::move(mask)),
        pass_(trained, std::move(loss), masking::visible_patches(mask_, Architecture::N)),
        optimiser_(optimiser),
        settings_(checked_settings<Architecture>(chosen, optimiser.learning_rate)) {
    segments_ = adamw_segments(model_type::table(), pass_.reaches(), [&](const parameter& row) {
      return settings_.layer_decay == 1 ? 0 : layer_of(row.name(), depth);
    });
    arena plan;
    state_type::plan(plan, backend());
    memory_ = backend().allocate(plan.peak());
    arena real(memory_.data());
    state_ = state_type::plan(real, backend());
    backend().fill(state_.gradients, state_.zeroed, T(0));
  }

  /// One step. Allocates nothing when the batch is no larger than before. Throws sdmae::error, before any weight has
  /// changed, when the batch is empty or when the loss or the gradient is not finite.
  template <image_batch Batch>
  report_type step(Batch& batch) {
    static_assert(!labelled || labelled_batch<Batch, T>,
                  "sdmae: a classifier learns from labels: its batch must bring `label(i, out)`, see labelled_batch");
    if (batch.size() < 1) throw error("batch", "holds no image", "pass at least one image a step");
    reserve<typename Batch::value_type>(batch.size());
    begin_step(batch.epoch());
    for (index first = 0; first < batch.size(); first += settings_.slice)
      pass_slice(batch, first, std::min(settings_.slice, batch.size() - first));
    report_type report = finish_gradients(batch.size());
    report.epoch = batch.epoch();
    report.learning_rate = settings_.schedule.at(steps_done_);
    refuse_unless_finite(report);
    update(report, batch.size());
    report.step = ++steps_done_;
    return report;
  }

  /// Takes from a planning arena what a backend, a model and its trainer hold from step to step.
  static void plan_resident(B& backend, arena& memory) {
    backend.plan_own_memory(memory);
    model_type::plan(backend, memory);
    state_type::plan(memory, backend);
  }

  /// What training on batches of `images` images of 8 bits takes when `slice` of them pass together, the model
  /// included.
  memory_plan plan(index images, index slice) {
    std::vector<planned_memory> resident, passing;
    arena kept(nullptr, &resident), step(nullptr, &passing);
    plan_resident(backend(), kept);
    plan_step<std::uint8_t>(step, images, slice);
    memory_plan result{kept.peak(), step.peak(), std::move(resident)};
    for (planned_memory& piece : held_at_peak(passing)) result.pieces.push_back(std::move(piece));
    return result;
  }

  /// Floating-point operations of the products in a step over `images` images, 2·m·n·k each; nothing recomputed counts.
  double work(index images) {
    planning_backend<B> counting(backend());
    arena plan;
    pass_.lay_out_columns(plan, images);
    pass_.template run<std::uint8_t>(counting, recordings_, plan, state_, {}, 0, images, images);
    return counting.work();
  }

  index steps_done() const { return steps_done_; }
  void set_steps_done(index steps) { steps_done_ = steps; }
  model_type& trained_model() { return model_; }
  const settings& options() const { return settings_; }
  unsigned reached_outputs() const { return pass_.reaches(); }
  const Mask& mask() const { return mask_; }
  /// Gradients of the last step, moments and the losses' states, in the backend's memory.
  const training_state<model_type, Loss>& state() const { return state_; }

  /// The outputs of the last slice of the last step, in the backend's memory.
  const auto& last_slice() const { return pass_.saved(); }
  index visible() const { return pass_.visible(); }

 private:
  using state_type = training_state<model_type, Loss>;
  static constexpr index storage = model_type::storage, depth = Architecture::encoder_shape.depth;
  static constexpr index first_work = -1, last_work = -2, update_work = -3;  // of a step, around its slices
  static constexpr bool labelled = host_slice<Architecture, T>::labelled;

  B& backend() { return model_.backend(); }

  template <class Value>
  void plan_step(arena& memory, index batch, index slice) {
    planning_backend<B> nothing(backend());
    pass_.lay_out_columns(memory, batch);
    Architecture::finish(nothing, model_.weights(), model_.prepared(), state_.gradient_views, memory);
    pass_.template run<Value>(nothing, recordings_, memory, state_, {}, 0, std::min(batch, slice), batch);
  }

  /// Takes memory for batches of `batch` images where there is not enough yet.
  template <class Value>
  void reserve(index batch) {
    arena plan;
    plan_step<Value>(plan, batch, settings_.slice);
    if (plan.peak() > reserved_) {
      recordings_ = {};  // of work in the memory that goes
      step_memory_ = {};
      reserved_ = 0;
      step_memory_ = backend().allocate(plan.peak());
      reserved_ = plan.peak();
    }
    host_.template reserve<Value>(std::min(batch, settings_.slice));
    columns_.reserve(Loss::columns, batch);
  }

  void begin_step(index epoch) {
    backend().repeat(recordings_, {first_work}, [&] {
      backend().fill(state_.gradients, storage, T(0));
      model_.prepare();
    });
    pass_.loss().each(state_.losses, [&](const auto& weighted, auto& state, auto) {
      weighted.term.reset_step(backend(), state, epoch);
    });
  }

  /// Pulls images, draws masks and runs one slice.
  template <class Batch>
  void pass_slice(Batch& batch, index first, index count) {
    using Value = typename Batch::value_type;
    const slice_inputs<Value, T> inputs = host_.fill(batch, first, count, mask_, settings_.seed, settings_.drop_path);
    arena memory(step_memory_.data());
    pass_.lay_out_columns(memory, batch.size());
    pass_.template run<Value>(backend(), recordings_, memory, state_, inputs, first, count, batch.size());
  }

  /// The report of a batch whose slices are all done; gradients are complete afterwards.
  report_type finish_gradients(index batch) {
    arena scratch(step_memory_.data());
    pass_.lay_out_columns(scratch, batch);
    backend().repeat(recordings_, {last_work, batch}, [&] {
      Architecture::finish(backend(), model_.weights(), model_.prepared(), state_.gradient_views, scratch);
      backend().sum_of_squares(state_.gradients, storage, state_.norm_workspace);
      pass_.spread().finish(backend());
    });
    report_type report;
    double norm = 0, spread[3] = {};
    backend().copy_out(&norm, state_.norm_workspace, 1);
    backend().copy_out(spread, pass_.spread().numbers.data, 3);
    for (std::size_t i = 0; i < Loss::columns; ++i)
      backend().copy_out(columns_.column(i, batch), pass_.column(i), batch);
    backend().synchronise();  // the only wait of a step
    report.gradient_norm = std::sqrt(norm);
    const auto features = slice_pass<model_type, Loss>::spread_type::from(spread);
    report.feature_deviation = features.deviation;
    report.feature_rank = features.rank;
    pass_.loss().each(state_.losses, [&](const auto& weighted, auto&, std::size_t column) {
      using Term = std::decay_t<decltype(weighted.term)>;
      for (std::size_t i = 0; i < Term::columns().size(); ++i) {
        const loss::report_column what = Term::columns()[i];
        const double value = pass_.evaluated(weighted) ? columns_.summarise(what.how, column + i, batch) : 0;
        report.terms[column + i] = {Loss::names()[column + i].c_str(), value, weighted.weight != 0};
      }
      report.loss += weighted.weight * report.terms[column].value;
    });
    return report;
  }

  void refuse_unless_finite(const report_type& report) const {
    if (std::isfinite(report.loss) && std::isfinite(report.gradient_norm)) return;
    throw error("step " + std::to_string(steps_done_ + 1),
                std::isfinite(report.loss) ? "the gradient is not finite" : "the loss is not finite",
                "weights are as they were before this step: lower the learning rate, or look for broken images");
  }

  void update(const report_type& report, index batch) {
    std::array<adamw_numbers<T>, state_type::groups> numbers;
    for (index layer = 0; layer < state_type::groups; ++layer) {
      const double rate = report.learning_rate * layer_rate(settings_.layer_decay, layer, depth);
      numbers[static_cast<std::size_t>(layer)] =
          optimiser_.template numbers<T>(steps_done_ + 1, rate, report.gradient_norm);
    }
    backend().copy_in(reinterpret_cast<std::byte*>(state_.numbers), reinterpret_cast<const std::byte*>(numbers.data()),
                      static_cast<index>(sizeof(numbers)));
    backend().repeat(recordings_, {update_work, batch}, [&] {
      pass_.loss().each(state_.losses, [&](const auto& weighted, auto& state, auto) {
        if (pass_.evaluated(weighted)) weighted.term.end_step(backend(), state, batch);
      });
      backend().adamw_update(
          segments_, adamw_buffers<T>{model_.flat(), state_.gradients, state_.first_moments, state_.second_moments},
          state_.numbers);
    });
  }

  using memory_type = decltype(std::declval<B&>().allocate(std::size_t{}));
  model_type& model_;
  Mask mask_;
  slice_pass<model_type, Loss> pass_;
  adamw optimiser_;
  settings settings_;
  index steps_done_ = 0;
  std::size_t reserved_ = 0;  // bytes of step_memory_
  std::vector<adamw_segment> segments_;
  memory_type memory_, step_memory_;
  typename B::recordings recordings_;  // given back before the memory
  state_type state_;
  host_slice<Architecture, T> host_;
  reported_columns columns_;
};

template <class Model, class Mask, class Loss>
pretrainer(Model&, Mask, Loss, adamw, pretrain_settings = {}) -> pretrainer<Model, Mask, Loss>;

}  // namespace sdmae
