// The pass of a slice of a batch through a model: forward, losses, backward.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "sdmae/core/batch.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/train/drop_path.hpp"
#include "sdmae/train/feature_spread.hpp"
#include "sdmae/train/training_state.hpp"

namespace sdmae {

/// What the host hands over with a slice. keep: see draw_drop_path; null keeps every branch. labels: [count, K], of
/// architectures that say classes.
template <class Value, class T>
struct slice_inputs {
  const Value* images = nullptr;
  const std::int32_t* masks = nullptr;
  const T* keep = nullptr;
  const T* labels = nullptr;
};

/// Knows which outputs of the model the losses read and which their gradients reach. The model must outlive it.
template <class Model, class Loss>
class slice_pass {
 public:
  using architecture = typename Model::architecture;
  using T = typename Model::scalar;
  using state_type = training_state<Model, Loss>;
  using spread_type = feature_spread<T, architecture::D>;

  static_assert(
      (Loss::possible_reads & (student_output | teacher_output) & ~architecture::outputs) == 0,
      "sdmae: this architecture has no student and no teacher (He et al.'s MAE): leave self-distillation out of "
      "its loss, or train sd_mae");
  static_assert((Loss::possible_reads & pixels_output & ~architecture::outputs) == 0,
                "sdmae: this architecture paints no pixels (a classifier): take loss::cross_entropy alone");

  /// `visible`: patches that stay so in every image.
  slice_pass(Model& model, Loss loss, index visible) : model_(model), loss_(std::move(loss)), visible_(visible) {
    const bool paints = visible < architecture::N || (loss_.reads() & visible_pixels_output) != 0;
    const unsigned possible = paints ? ~0u : ~unsigned{pixels_output};
    reads_ = loss_.reads() & possible;
    reaches_ = loss_.reaches() & possible;
  }

  /// Whether a term has a weight and something to judge. With every patch visible a loss of the masked ones has not:
  /// the reconstruction is 0, not 0/0.
  template <class Weighted>
  bool evaluated(const Weighted& weighted) const {
    const bool masked_only = (weighted.term.reads & (pixels_output | visible_pixels_output)) == pixels_output;
    return weighted.weight != 0 && !(masked_only && visible_ == architecture::N);
  }

  unsigned reaches() const { return reaches_; }
  index visible() const { return visible_; }
  const Loss& loss() const { return loss_; }
  const auto& saved() const { return saved_; }
  /// A number for each image of the batch; see loss_term.
  double* column(std::size_t i) const { return columns_[i]; }

  const spread_type& spread() const { return spread_; }

  /// What the slices of a step share: numbers and features of each image.
  void lay_out_columns(arena& memory, index batch) {
    for (double*& column : columns_) column = memory.take<double>("reported", batch);
    spread_ = spread_type::plan(memory, batch);
  }

  /// Forward, losses and backward of images [first, first + count) of a batch. Also run on a planning backend.
  /// `recordings`: see backend_defaults::repeat; all of one owner are of passes over the same memory.
  template <class Value, class Backend, class Recordings>
  void run(Backend& backend, Recordings& recordings, arena& memory, state_type& kept,
           const slice_inputs<Value, T>& host, index first, index count, index batch) {
    Value* const images = memory.take<Value>("images", count * architecture::image.values());
    std::int32_t* const order = memory.take<std::int32_t>("masks", count * architecture::N);
    backend.copy_in(images, host.images, count * architecture::image.values());
    backend.copy_in(order, host.masks, count * architecture::N);
    const mask_view mask{order, architecture::N, visible_};
    saved_ = saved_type::plan(memory, count, mask, reads_);
    if constexpr (architecture::says == distilled::classes)
      backend.copy_in(saved_.labels.data, host.labels, saved_.labels.size());
    if (host.keep == nullptr)
      architecture::keep_branches(backend, saved_);
    else
      copy_drop_path(backend, host.keep, count, saved_);
    backend.repeat(recordings, work_key{index(sizeof(Value)), first, count, batch, host.keep != nullptr}, [&] {
      compute<Value>(backend, memory, kept, images_type<Value>{images}, mask, first, count, batch);
    });
  }

 private:
  using saved_type = typename architecture::template saved<T>;
  template <class Value>
  using images_type = typename image_format<architecture::image, Value>::type;

  /// What follows once images and masks are there.
  template <class Value, class Backend>
  void compute(Backend& backend, arena& memory, state_type& kept, const images_type<Value>& source,
               const mask_view& mask, index first, index count, index batch) {
    architecture::forward(backend, source, mask, model_.tables(), model_.weights(), model_.prepared(), saved_, memory);
    spread_.collect(backend, saved_.encoder_.patches, first, count);

    loss::slice<T, architecture, images_type<Value>> slice{source, saved_.painted(mask), first, count, batch};
    slice.pixels = saved_.pixels();
    slice.student = saved_.student();
    slice.teacher = saved_.teacher();
    slice.dpixels = zeroed(backend, memory, "dpixels", slice.pixels, pixels_output);
    slice.dstudent = zeroed(backend, memory, "dstudent", slice.student, student_output);
    slice.dteacher = zeroed(backend, memory, "dteacher", slice.teacher, teacher_output);
    loss_.each(kept.losses, [&](const auto& weighted, auto& state, std::size_t column) {
      std::array<double*, std::decay_t<decltype(weighted.term)>::column_count> out;
      if (!evaluated(weighted)) return;
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = columns_[column + i];
      weighted.term.evaluate(backend, weighted.weight, slice, state, out, memory);
    });
    architecture::backward(backend, mask, {slice.dpixels, slice.dstudent, slice.dteacher}, model_.weights(),
                           model_.prepared(), saved_, kept.gradient_views, memory);
  }

  /// Zeros in the shape of an output; no rows where no gradient flows to it.
  template <index Width, class Backend>
  rows_view<T, Width> zeroed(Backend& backend, arena& memory, const char* name, rows_view<const T, Width> output,
                             unsigned bit) {
    const rows_view<T, Width> view = memory.rows<T, Width>(name, (reaches_ & bit) != 0 ? output.rows() : 0);
    backend.fill(view.data, view.size(), T(0));
    return view;
  }

  spread_type spread_;
  Model& model_;
  Loss loss_;
  index visible_;
  unsigned reads_ = 0, reaches_ = 0;
  std::array<double*, Loss::columns> columns_{};
  saved_type saved_;
};

}  // namespace sdmae
