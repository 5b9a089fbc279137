// The projection head takes the mean over tokens before its last layer; that is the mean of the scores after it.
#include "sdmae/vit/projection_head.hpp"

#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/testing/guarded.hpp"

using namespace sdmae;

TEST_CASE("scores of an image are the mean of its tokens' scores, and unit tokens have cosine scores") {
  using head = vit::projection_head<6, head_shape{.hidden = 7, .bottleneck = 5, .prototypes = 9}>;
  using parameters = head::parameters<double>;
  constexpr sdmae::index images = 2, tokens = 3, rows = images * tokens;
  reference_backend<double> backend;
  random_sequence numbers(1, stream::test);
  std::vector<double> flat(static_cast<std::size_t>(parameter_storage<parameters>)), x(rows * 6);
  for (double& value : flat) value = numbers.uniform(-1, 1);
  for (double& value : x) value = numbers.uniform(-1, 1);
  const parameters p = bind_parameters<parameters>(flat.data());
  std::fill_n(p.last_layer.weight_g.data, 9, 1.0);

  testing::guarded<reference_backend<double>> memory(backend, 1 << 14);
  arena pieces(reinterpret_cast<std::byte*>(memory.data()));
  const auto effective = head::prototypes::effective<double>::plan(pieces, backend);
  head::prototypes::prepare(backend, p.last_layer, effective);
  const auto together = head::saved<double>::plan(pieces, "together", images, rows);
  head::forward(backend, {x.data(), rows}, p, effective, together);
  const auto alone = head::saved<double>::plan(pieces, "alone", rows, rows);  // every token an image of its own
  head::forward(backend, {x.data(), rows}, p, effective, alone);
  for (sdmae::index i = 0; i < images; ++i)
    for (sdmae::index k = 0; k < 9; ++k) {
      double mean = 0;
      for (sdmae::index t = 0; t < tokens; ++t) mean += alone.scores(i * tokens + t, k) / double(tokens);
      CHECK(together.scores(i, k) == Approx(mean).margin(1e-14));
      CHECK(std::abs(mean) <= 1.0);
    }
}
