// Element functions of the cases of these suites. They are templates of their own because nvcc takes none that are
// written inside the cases' generic lambdas.
#pragma once

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/view.hpp"

/// to = from, [rows, Width].
template <sdmae::index Width, class B>
void copy_rows(B& backend, sdmae::rows_view<const double, Width> from, sdmae::rows_view<double, Width> to) {
  using sdmae::index;
  backend.map(to.rows(), Width, [=] SDMAE_ELEMENT(index r, index c) { to(r, c) = from(r, c); });
}
