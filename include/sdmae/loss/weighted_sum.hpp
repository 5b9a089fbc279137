// Losses are written as weighted sums: 0.8 * reconstruction<>{} + 0.2 * self_distillation<>{}.
#pragma once

#include <tuple>
#include <utility>

#include "sdmae/loss/concept.hpp"

namespace sdmae::loss {

template <loss_term Term>
struct weighted {
  double weight = 1;
  Term term;
};

/// Σ weight·term. A term of weight 0 is not evaluated.
template <loss_term... Terms>
struct weighted_sum {
  static constexpr std::size_t size = sizeof...(Terms);
  std::tuple<weighted<Terms>...> terms;

  /// The outputs (bits) that terms with a weight read, and those their gradients reach.
  unsigned reads() const {
    unsigned bits = no_output;
    each([&](const auto& w, auto) { bits |= w.weight != 0 ? w.term.reads : no_output; });
    return bits;
  }
  unsigned reaches() const {
    unsigned bits = no_output;
    each([&](const auto& w, auto) { bits |= w.weight != 0 ? w.term.reaches : no_output; });
    return bits;
  }

  /// f(weighted term, std::integral_constant position), in order.
  template <class F>
  void each(F&& f) const {
    each(std::forward<F>(f), std::make_index_sequence<size>{});
  }

 private:
  template <class F, std::size_t... I>
  void each(F&& f, std::index_sequence<I...>) const {
    (f(std::get<I>(terms), std::integral_constant<std::size_t, I>{}), ...);
  }
};

template <loss_term Term>
weighted_sum<Term> operator*(double weight, const Term& term) {
  return {{weighted<Term>{weight, term}}};
}

template <class... A, class... B>
weighted_sum<A..., B...> operator+(const weighted_sum<A...>& a, const weighted_sum<B...>& b) {
  return {std::tuple_cat(a.terms, b.terms)};
}

}  // namespace sdmae::loss
