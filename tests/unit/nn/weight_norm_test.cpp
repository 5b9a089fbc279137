// Prototypes: rows of length g, whatever v is.
#include "sdmae/nn/weight_norm.hpp"

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/testing/guarded.hpp"

using namespace sdmae;

TEST_CASE("effective rows point along v and have length g") {
  eigen_backend<double> backend({.threads = 1});
  using layer = nn::weight_norm_linear<2, 3>;
  double g[3] = {1, 2, -1}, v[6] = {3, 4, 0, -5, 1, 0};
  layer::parameters<double> p;
  p.weight_g.data = g;
  p.weight_v.data = v;
  testing::guarded<eigen_backend<double>> memory(backend, 4096);
  arena pieces(reinterpret_cast<std::byte*>(memory.data()));
  const auto e = layer::effective<double>::plan(pieces, backend);
  layer::prepare(backend, p, e);
  const double expected[6] = {0.6, 0.8, 0, -2, -1, 0};
  for (sdmae::index i = 0; i < 6; ++i) CHECK(e.weight.data[i] == Approx(expected[i]).margin(1e-15));
  CHECK(e.length(0, 0) == Approx(5));
  CHECK(memory.intact());
}
