// Losses are written as weighted sums: 0.8 * reconstruction<>{} + 0.2 * self_distillation<>{}.
#pragma once

#include <array>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "sdmae/loss/concept.hpp"

namespace sdmae::loss {

namespace detail {
/// "center", "center_2", "center_3": each thing of a name that others have too.
class numbered {
 public:
  std::string operator()(const char* name) {
    const int times = ++seen_[name];
    return times == 1 ? name : name + ("_" + std::to_string(times));
  }

 private:
  std::map<std::string, int> seen_;
};
}  // namespace detail

template <loss_term Term>
struct weighted {
  double weight = 1;
  Term term;
};

/// Σ weight·term. A term of weight 0 is not evaluated.
template <loss_term... Terms>
struct weighted_sum {
  std::tuple<weighted<Terms>...> terms;

  /// Numbers an image that all terms report together.
  static constexpr std::size_t columns = (std::size_t{0} + ... + Terms::column_count);

  /// What the columns are called in a log; a second term of one kind has names ending in _2.
  static const std::array<std::string, columns>& names() {
    static const auto all = [] {
      std::array<std::string, columns> named;
      detail::numbered number;
      std::size_t column = 0;
      const auto add = [&](const auto& of_term) {
        for (const report_column& each : of_term) named[column++] = number(each.name);
      };
      (add(Terms::columns()), ...);
      return named;
    }();
    return all;
  }

  /// Outputs that some term reads, whatever its weight.
  static constexpr unsigned possible_reads = (0u | ... | Terms::reads);

  /// What the terms keep from step to step.
  template <class T, class Architecture>
  struct states {
    std::tuple<typename Terms::template state<T, Architecture>...> of_term;

    static states plan(arena& memory) {
      return {std::tuple<typename Terms::template state<T, Architecture>...>{
          Terms::template state<T, Architecture>::plan(memory)...}};
    }
    /// f(name, values, count) for what a checkpoint must hold, such as the center; names are numbered like columns.
    template <class F>
    void persistent(F f) const {
      detail::numbered number;
      const auto named = [&](const char* name, T* values, index count) { f(number(name), values, count); };
      std::apply([&](const auto&... state) { (state.persistent(named), ...); }, of_term);
    }
  };

  /// The outputs (bits) that terms with a weight read, and those their gradients reach.
  unsigned reads() const {
    return std::apply([](const auto&... w) { return (0u | ... | (w.weight != 0 ? w.term.reads : 0u)); }, terms);
  }
  unsigned reaches() const {
    return std::apply([](const auto&... w) { return (0u | ... | (w.weight != 0 ? w.term.reaches : 0u)); }, terms);
  }

  /// f(weighted term, its state, its first column), in order.
  template <class States, class F>
  void each(States& kept, F f) const {
    each(kept, f, std::index_sequence_for<Terms...>{});
  }

 private:
  template <class States, class F, std::size_t... I>
  void each(States& kept, F& f, std::index_sequence<I...>) const {
    std::size_t column = 0;
    (void(f(std::get<I>(terms), std::get<I>(kept.of_term), std::exchange(column, column + Terms::column_count))), ...);
  }
};

/// For classes with the members of a loss term, or with some of them: what is missing is said. A term that brings
/// `check()` is checked: it throws sdmae::error for numbers that it cannot work with. A class of another namespace that
/// inherits nothing from here needs `using sdmae::loss::operator*`.
template <class Term>
requires requires { Term::reads; } || requires {
  Term::column_count;
}
auto operator*(double weight, const Term& term) {
  if constexpr (requires { term.check(); }) term.check();
  if constexpr (checked_loss<Term>::complete) return weighted_sum<Term>{{weighted<Term>{weight, term}}};
}

template <class... A, class... B>
weighted_sum<A..., B...> operator+(const weighted_sum<A...>& a, const weighted_sum<B...>& b) {
  return {std::tuple_cat(a.terms, b.terms)};
}

}  // namespace sdmae::loss
