// What every softmax needs of a row of scores.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/elementary.hpp"
#include "sdmae/core/arena.hpp"

namespace sdmae::loss {

/// Per row, the largest of its scores and Σ exp(score − largest), the latter in double.
template <class T>
struct exponential_sum {
  column_view<T> largest;
  column_view<double> total;
};

/// Over the first `columns` scores of each row of scores [R, K]. The sums stand in `scratch`.
template <tensor_backend B, index K>
exponential_sum<scalar_of<B>> add_exponentials(B& backend, rows_view<const scalar_of<B>, K> scores, index columns,
                                               arena& scratch) {
  using T = scalar_of<B>;
  const exponential_sum<T> sum{scratch.rows<T, 1>("largest", scores.rows()),
                               scratch.rows<double, 1>("total", scores.rows())};
  backend.reduce_rows(reduction::maximum{}, sum.largest, columns,
                      [=] SDMAE_ELEMENT(index r, index c) { return scores(r, c); });
  backend.reduce_rows(reduction::sum{}, sum.total, columns, [=] SDMAE_ELEMENT(index r, index c) {
    return double(elementary::exp(scores(r, c) - sum.largest(r, 0)));
  });
  return sum;
}

}  // namespace sdmae::loss
