// Rows scaled to unit length, also where there is hardly any length.
#include "sdmae/nn/l2_normalise.hpp"

#include <cmath>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"

using namespace sdmae;

TEST_CASE("rows get unit length; a row shorter than 1e-12 is divided by 1e-12, and its gradient too") {
  reference_backend<double> backend;
  double x[9] = {3, 0, -4, /**/ 0, 0, 0, /**/ 1e-13, 0, 0}, y[9], length[3], along[3];
  using layer = nn::l2_normalise<3>;
  layer::forward(backend, {x, 3}, {y, 3}, {length, 3});
  CHECK(y[0] == Approx(0.6));
  CHECK(y[2] == Approx(-0.8));
  CHECK(length[0] == Approx(5));
  CHECK(y[3] == 0.0);
  CHECK(length[1] == 1e-12);
  CHECK(y[6] == Approx(0.1));

  double dy[9] = {1, 2, 3, 1, 2, 3, 1, 2, 3};
  layer::backward(backend, {dy, 3}, {y, 3}, {length, 3}, {dy, 3}, {along, 3});
  const double projection = 0.6 * 1 - 0.8 * 3;
  CHECK(dy[0] == Approx((1 - 0.6 * projection) / 5));
  CHECK(dy[2] == Approx((3 + 0.8 * projection) / 5));
  CHECK(dy[4] == Approx(2e12));
  CHECK(dy[6] == Approx(1e12));
}
