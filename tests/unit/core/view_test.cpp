// Views convert where that is safe, and nowhere else.
#include "sdmae/core/view.hpp"

#include <type_traits>

#include "catch.hpp"

namespace {
using namespace sdmae;
template <class From, class To>
inline constexpr bool converts = std::is_convertible_v<From, To>;

static_assert(converts<rows_view<float, 4>, rows_view<const float, 4>>);
static_assert(!converts<rows_view<const float, 4>, rows_view<float, 4>>);
static_assert(!converts<rows_view<float, 4>, rows_view<float, 5>>);
static_assert(!converts<rows_view<float, 4>, rows_view<double, 4>>);
static_assert(converts<matrix_view<float, 3, 4>, rows_view<float, 4>>);
static_assert(converts<matrix_view<float, 3, 4>, rows_view<const float, 4>>);
static_assert(!converts<rows_view<float, 4>, matrix_view<float, 3, 4>>);
static_assert(!converts<matrix_view<float, 2, 4>, matrix_view<float, 3, 4>>);
static_assert(converts<weight_view<float, 3, 4>, rows_view<const float, 4>>);
static_assert(converts<weight_view<float, 3, 4>, weight_view<const float, 3, 4>>);
static_assert(!converts<weight_view<float, 3, 4>, weight_view<float, 4, 3>>);
static_assert(converts<vector_view<float, 3>, vector_view<const float, 3>>);
static_assert(!converts<vector_view<const float, 3>, vector_view<float, 3>>);
static_assert(!converts<vector_view<float, 3>, vector_view<float, 4>>);
}  // namespace

TEST_CASE("views reach the elements of row-major memory") {
  float values[12];
  for (int i = 0; i < 12; ++i) values[i] = float(i);
  const rows_view<float, 4> all(values, 3);
  CHECK(all(2, 1) == 9);
  CHECK(all.row(1) == values + 4);
  CHECK(all.size() == 12);
  const auto part = all.part(1, 2);
  CHECK(part.rows() == 2);
  CHECK(part(0, 3) == 7);
  all(0, 0) = 5;
  CHECK(values[0] == 5);
  const rows_view<const float, 4> constant = matrix_view<float, 3, 4>(values);
  CHECK(constant.rows() == 3);
  CHECK(constant(2, 3) == 11);
  CHECK(!vector_view<float, 3>{});
  CHECK(bool(vector_view<float, 3>{values}));
}
