// What a loss term sees, and what it must bring.
#pragma once

#include <concepts>
#include <cstdint>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/images.hpp"
#include "sdmae/core/parameter.hpp"

namespace sdmae::loss {

/// One slice of a batch, as a model leaves it for the losses. Gradient views have no rows where no gradient is wanted;
/// otherwise they hold zeros when the first term is evaluated, and terms add to them.
template <class T, class Architecture, class Images>
struct slice {
  static constexpr index P = Architecture::P, K = Architecture::K;
  using architecture = Architecture;

  Images images;                    // the slice's images
  mask_view mask;                   // and which of their patches were visible
  index first = 0, batch = 0;       // its place in the batch, the batch's size: means are over the whole batch
  rows_view<const T, P> pixels{};   // [S·M, p·p·C]
  rows_view<const T, K> student{};  // [S, K]
  rows_view<const T, K> teacher{};  // [S, K]
  rows_view<T, P> dpixels{};
  rows_view<T, K> dstudent{}, dteacher{};

  index count() const { return pixels.rows() > 0 ? pixels.rows() / mask.masked() : student.rows(); }
};

namespace detail {
struct probe_architecture {
  static constexpr image_shape image{.height = 4, .width = 4, .patch = 2, .channels = 3};
  static constexpr index N = 4, P = 12, K = 2;
};
}  // namespace detail

/// A loss term is a value that brings:
///  1. `reads` and `reaches`: the outputs (bits of sdmae::outputs) it needs, and those its gradient flows to;
///  2. `column_count` and `columns()`: how many numbers an image it reports, and their names in a log; the first is the
///     loss itself;
///  3. `state<T, Architecture>` with `plan(arena&)`: what lives from step to step or collects over a step, all zero at
///     the start; its `persistent(f)` calls f(name, values, count) for what a checkpoint must hold; reset_step() and
///     end_step() are called around every step;
///  4. `evaluate(backend, weight, slice, state, columns, scratch)`: writes each image's numbers to columns[i] at
///     first + image, and adds weight times the gradient of the batch's mean to the slice's gradients.
template <class L>
concept loss_term = std::copyable<L> && requires {
  { L::reads } -> std::convertible_to<unsigned>;
  { L::reaches } -> std::convertible_to<unsigned>;
  { L::column_count } -> std::convertible_to<int>;
  L::columns();
  typename L::template state<float, detail::probe_architecture>;
};

}  // namespace sdmae::loss
