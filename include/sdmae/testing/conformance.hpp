// The proof that a class is a backend: every operation, required or inherited, against textbook formulas.
#pragma once

#include "sdmae/testing/conformance/adamw.hpp"
#include "sdmae/testing/conformance/attention.hpp"
#include "sdmae/testing/conformance/layer_norm.hpp"
#include "sdmae/testing/conformance/linear.hpp"
#include "sdmae/testing/conformance/product.hpp"
#include "sdmae/testing/conformance/repeat.hpp"
#include "sdmae/testing/conformance/required.hpp"

namespace sdmae::testing {

/// Runs every operation over a table of shapes (nothing, one, odd, more than a tile, enough for several threads) and
/// compares with formulas that the kit computes for itself in long double. Outputs are NaN before, their neighbours are
/// guarded, operations that promise to go on from what is in memory must give the same in one slice and in three, to the
/// bit where the backend says so. Equal backends draw equal inputs: compare_bits() on the findings of two, with other
/// numbers of threads, says whether they agree bit by bit.
///     for (const auto& f : sdmae::testing::check_backend(mine)) if (!f.pass) …
template <tensor_backend B>
findings check_backend(B& backend) {
  examiner<B> e(backend);
  check_memory(e);
  check_map(e);
  check_reductions(e);
  check_products(e);
  check_linear(e);
  check_layer_norms(e);
  check_attentions(e);
  check_fill_and_norm(e);
  check_adamw(e);
  check_repeat(e);
  return e.found;
}

}  // namespace sdmae::testing
