// What a loss term sees, and what it must bring.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/reference.hpp"
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
using probe_backend = reference_backend<float>;
using probe_slice = slice<float, probe_architecture, normalised_images<probe_architecture::image, float>>;
template <class L>
using probe_state = typename L::template state<float, probe_architecture>;
struct probe_visitor {
  void operator()(const char*, float*, index) const {}
};

template <class L>
concept says_what_it_needs = requires {
  { L::reads } -> std::convertible_to<unsigned>;
  { L::reaches } -> std::convertible_to<unsigned>;
};
template <class L>
concept reports_columns = requires {
  { L::column_count } -> std::convertible_to<int>;
  { L::columns() } -> std::convertible_to<std::array<report_column, static_cast<std::size_t>(L::column_count)>>;
};
template <class L>
concept has_state = requires(arena& memory, const probe_state<L>& state) {
  { probe_state<L>::plan(memory) } -> std::same_as<probe_state<L>>;
  state.persistent(probe_visitor{});
};
template <class L>
concept follows_steps = requires(const L& term, probe_backend& backend, probe_state<L>& state) {
  term.reset_step(backend, state, index{});
  term.end_step(backend, state, index{});
};
template <class L>
concept evaluates = requires(const L& term, probe_backend& backend, const probe_slice& slice, probe_state<L>& state,
                             std::array<double*, static_cast<std::size_t>(L::column_count)> columns, arena& scratch) {
  term.evaluate(backend, double{}, slice, state, columns, scratch);
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
concept loss_term = std::copyable<L> && detail::says_what_it_needs<L> && detail::reports_columns<L> &&
    detail::has_state<L> && detail::follows_steps<L> && detail::evaluates<L>;

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
  static_assert(detail::says_what_it_needs<L>,
                "sdmae: a loss term must bring `static constexpr unsigned reads, reaches`: the outputs (bits of "
                "sdmae::outputs) that it needs, and those that its gradient flows to");
  static_assert(detail::reports_columns<L>,
                "sdmae: a loss term must bring `column_count` and `static columns()`, an array of as many "
                "report_column: the numbers that it reports an image, the loss first");
  static_assert(detail::has_state<L>,
                "sdmae: a loss term must bring `template <class T, class Architecture> struct state` with "
                "plan(arena&) and persistent(f): what it keeps from step to step; or inherit sdmae::loss::stateless");
  static_assert(detail::follows_steps<L>,
                "sdmae: a loss term must bring `reset_step(backend, state, epoch) const` and `end_step(backend, state, "
                "batch) const`, called around every step; or inherit sdmae::loss::stateless");
  static_assert(detail::evaluates<L>,
                "sdmae: a loss term must bring `void evaluate(backend, weight, slice, state, columns, scratch) const`: "
                "each image's numbers to the columns, the gradient added to the slice");
  static constexpr bool complete = loss_term<L>;
};

}  // namespace sdmae::loss
