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

  Images images;                               // the slice's images
  painted_patches painted;                     // which of their patches are in `pixels`
  index first = 0, count = 0, batch = 0;       // its place and size in the batch: means are over the whole batch
  rows_view<const T, P> pixels{};              // [count·painted.count(), p·p·C]
  rows_view<const T, K> student{}, teacher{};  // [S, K], S rows of each image: one, or one a visible token
  rows_view<T, P> dpixels{};
  rows_view<T, K> dstudent{}, dteacher{};
};

/// How a column of numbers, one an image, becomes one number of a step: their mean, or how many different ones there
/// are.
enum class summary { mean, distinct };

/// A number that a term reports, by its name in a log.
struct report_column {
  const char* name;
  summary how;
  constexpr report_column(const char* called, summary as = summary::mean) : name(called), how(as) {}
};

namespace detail {
struct probe_architecture {
  static constexpr image_shape image{.height = 4, .width = 4, .patch = 2, .channels = 3};
  static constexpr index N = 4, P = 12, K = 2;
  static constexpr distilled says = distilled::prototypes;
};
}  // namespace detail

/// A loss term is a value that brings:
///  1. `reads` and `reaches`: the outputs (bits of sdmae::outputs) it needs, and those its gradient flows to;
///  2. `column_count` and `columns()`: how many numbers an image it reports, and their names in a log (report_column);
///     the first is the loss itself;
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

/// Base of terms that keep nothing from step to step.
struct stateless {
  template <class T, class Architecture>
  struct state {
    static state plan(arena&) { return {}; }
    template <class F>
    void persistent(F) const {}
  };
  template <class B, class State>
  void reset_step(B&, const State&, index /*epoch*/) const {}
  template <class B, class State>
  void end_step(B&, const State&, index /*batch*/) const {}
};

/// Instantiated with a class that is no loss_term, this says what is missing.
template <class L>
struct checked_loss {
  static_assert(std::copyable<L>, "sdmae: a loss term must be copyable: a weighted sum holds copies of its terms");
  static_assert(
      requires {
        { L::reads } -> std::convertible_to<unsigned>;
        { L::reaches } -> std::convertible_to<unsigned>;
      },
      "sdmae: a loss term must bring `static constexpr unsigned reads, reaches`: the outputs (bits of "
      "sdmae::outputs) that it needs, and those that its gradient flows to");
  static_assert(
      requires {
        { L::column_count } -> std::convertible_to<int>;
        L::columns();
      },
      "sdmae: a loss term must bring `column_count` and `static columns()`: the numbers that it reports an image, "
      "the loss first");
  static_assert(
      requires { typename L::template state<float, detail::probe_architecture>; },
      "sdmae: a loss term must bring `template <class T, class Architecture> struct state`: what it keeps from "
      "step to step, made by plan(arena&)");
  static constexpr bool complete = loss_term<L>;
};

}  // namespace sdmae::loss
