// The pass of a slice of a batch through a model: forward, losses, backward.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "sdmae/core/batch.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/train/training_state.hpp"

namespace sdmae {

/// Knows which outputs of the model the losses read and which their gradients reach. The model must outlive it.
template <class Model, class Loss>
class slice_pass {
 public:
  using architecture = typename Model::architecture;
  using T = typename Model::scalar;
  using state_type = training_state<Model, Loss>;

  /// `visible`: patches that stay so in every image.
  slice_pass(Model& model, Loss loss, index visible) : model_(model), loss_(std::move(loss)), visible_(visible) {
    // With every patch visible there is nothing to paint: the reconstruction is 0, not 0/0.
    const unsigned possible = visible == architecture::N ? all_outputs & ~pixels_output : all_outputs;
    reads_ = loss_.reads() & possible;
    reaches_ = loss_.reaches() & possible;
  }

  /// Whether a term has a weight and what it reads.
  template <class Weighted>
  bool evaluated(const Weighted& weighted) const {
    return weighted.weight != 0 && (weighted.term.reads & ~reads_) == 0;
  }

  unsigned reaches() const { return reaches_; }
  index visible() const { return visible_; }
  const Loss& loss() const { return loss_; }
  const auto& saved() const { return saved_; }
  /// A number for each image of the batch; see loss_term.
  double* column(std::size_t i) const { return columns_[i]; }

  /// What the slices of a step share: a number an image and column.
  void lay_out_columns(arena& memory, index batch) {
    for (double*& column : columns_) column = memory.take<double>("reported", batch);
  }

  /// Forward, losses and backward of images [first, first + count) of a batch. Also run on a planning backend.
  template <class Value, class Backend>
  void run(Backend& backend, arena& memory, state_type& kept, const Value* host_images, const std::int32_t* host_masks,
           index first, index count, index batch) {
    Value* const images = memory.take<Value>("images", count * architecture::image.values());
    std::int32_t* const order = memory.take<std::int32_t>("masks", count * architecture::N);
    backend.copy_in(images, host_images, count * architecture::image.values());
    backend.copy_in(order, host_masks, count * architecture::N);
    const mask_view mask{order, architecture::N, visible_};
    const images_type<Value> source{images};

    saved_ = saved_type::plan(memory, count, mask, reads_);
    architecture::forward(backend, source, mask, model_.tables(), model_.weights(), model_.prepared(), saved_, memory);

    const index rows = count * mask.masked();
    loss::slice<T, architecture, images_type<Value>> slice{source, mask, first, batch};
    slice.pixels = saved_.decoder_.pixels;
    slice.student = saved_.student.scores;
    slice.teacher = saved_.teacher.scores;
    slice.dpixels = zeroed<architecture::P>(backend, memory, "dpixels", reaches_ & pixels_output ? rows : 0);
    slice.dstudent = zeroed<architecture::K>(backend, memory, "dstudent", reaches_ & student_output ? count : 0);
    slice.dteacher = zeroed<architecture::K>(backend, memory, "dteacher", reaches_ & teacher_output ? count : 0);
    loss_.each(kept.losses, [&](const auto& weighted, auto& state, std::size_t column) {
      std::array<double*, std::decay_t<decltype(weighted.term)>::column_count> out;
      if (!evaluated(weighted)) return;
      for (std::size_t i = 0; i < out.size(); ++i) out[i] = columns_[column + i];
      weighted.term.evaluate(backend, weighted.weight, slice, state, out, memory);
    });
    architecture::backward(backend, mask, {slice.dpixels, slice.dstudent, slice.dteacher}, model_.weights(),
                           model_.prepared(), saved_, kept.gradient_views, memory);
  }

 private:
  using saved_type = typename architecture::template saved<T>;
  template <class Value>
  using images_type = typename image_format<architecture::image, Value>::type;

  template <index Width, class Backend>
  rows_view<T, Width> zeroed(Backend& backend, arena& memory, const char* name, index rows) {
    const rows_view<T, Width> view = memory.rows<T, Width>(name, rows);
    backend.fill(view.data, view.size(), T(0));
    return view;
  }

  Model& model_;
  Loss loss_;
  index visible_;
  unsigned reads_ = 0, reaches_ = 0;
  std::array<double*, Loss::columns> columns_{};
  saved_type saved_;
};

}  // namespace sdmae
