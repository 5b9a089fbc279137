// Starting values: bounds and statistics of each recipe; the same for the same seed on every backend.
#include "sdmae/model/initialise.hpp"

#include <cmath>
#include <string>
#include <vector>

#include "archetype_backend.hpp"
#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/model/model.hpp"
#include "tiny.hpp"

namespace {

using namespace sdmae;

struct statistics {
  double mean = 0, deviation = 0, largest = 0;
};

std::vector<double> values_of(initial start, sdmae::index fan_in, parameter_shape shape, std::uint64_t seed = 1) {
  parameter row;
  row.shape = shape;
  row.traits = {.start = start, .fan_in = fan_in};
  std::vector<double> values(static_cast<std::size_t>(row.count()));
  initialise(row, 3, {.seed = seed, .layer_scale = 0.25}, values.data());
  return values;
}
statistics statistics_of(const std::vector<double>& values) {
  statistics s;
  for (double value : values) {
    s.mean += value / double(values.size());
    s.largest = std::max(s.largest, std::abs(value));
  }
  for (double value : values) s.deviation += (value - s.mean) * (value - s.mean) / double(values.size());
  s.deviation = std::sqrt(s.deviation);
  return s;
}

}  // namespace

TEST_CASE("each recipe's bounds and statistics") {
  const auto xavier = statistics_of(values_of(initial::xavier_uniform, 60, {90, 60}));
  CHECK(xavier.largest <= std::sqrt(6.0 / 150));
  CHECK(xavier.largest > 0.99 * std::sqrt(6.0 / 150));
  CHECK(xavier.deviation == Approx(std::sqrt(2.0 / 150)).epsilon(0.03));
  CHECK(xavier.mean == Approx(0).margin(0.01));

  const auto fan_in = statistics_of(values_of(initial::fan_in_uniform, 48, {128, 3, 4, 4}));
  CHECK(fan_in.largest <= 1 / std::sqrt(48.0));
  CHECK(fan_in.largest > 0.99 / std::sqrt(48.0));
  CHECK(fan_in.deviation == Approx(1 / std::sqrt(3 * 48.0)).epsilon(0.03));

  const auto gauss = statistics_of(values_of(initial::normal, 0, {10000}));
  CHECK(gauss.largest > 0.06);
  CHECK(gauss.deviation == Approx(0.02).epsilon(0.03));

  parameter table;
  table.shape = {1, 7, 4};
  table.traits = {.start = initial::sin_cos_2d, .grid_height = 2, .grid_width = 3};
  std::vector<double> positions(28);
  initialise(table, 0, {}, positions.data());
  const auto grid = vit::sin_cos_2d<double>(2, 3, 4);
  CHECK(std::vector<double>(positions.begin() + 4, positions.end()) == grid);
  CHECK(std::vector<double>(positions.begin(), positions.begin() + 4) == std::vector<double>(4));  // of the class token

  // A standard normal cut at ±1 has the variance 1 − 2φ(1)/(2Φ(1) − 1) = 0.29112.
  const auto normal = statistics_of(values_of(initial::truncated_normal, 0, {10000}));
  CHECK(normal.largest <= 0.02);
  CHECK(normal.largest > 0.0199);
  CHECK(normal.deviation == Approx(0.02 * std::sqrt(0.29112)).epsilon(0.03));
  CHECK(normal.mean == Approx(0).margin(0.0005));

  std::vector<double> head = values_of(initial::nearly_zero, 0, {100});
  for (double& value : head) value *= 1000;
  CHECK(statistics_of(head).largest == Approx(statistics_of(values_of(initial::truncated_normal, 0, {100})).largest));

  CHECK(values_of(initial::zero, 0, {3}) == std::vector<double>(3, 0.0));
  CHECK(values_of(initial::one, 0, {3}) == std::vector<double>(3, 1.0));
  CHECK(values_of(initial::layer_scale, 0, {3}) == std::vector<double>(3, 0.25));
  CHECK(values_of(initial::xavier_uniform, 4, {4, 4}, 1) != values_of(initial::xavier_uniform, 4, {4, 4}, 2));
}

TEST_CASE("a fresh model follows the released recipe") {
  reference_backend<double> backend;
  const auto model = build<tiny::scaled_architecture>(backend, {.seed = 5, .layer_scale = 0.3});
  for (const parameter& row : model.table()) {
    const std::string name(row.name());
    INFO(name);
    const auto contains = [&](const char* part) { return name.find(part) != std::string::npos; };
    const initial start = row.traits.start;
    if (contains("gamma"))
      CHECK(start == initial::layer_scale);
    else if (contains("norm") && contains("weight") && !contains("weight_"))
      CHECK(start == initial::one);
    else if (contains("patch_embed") || contains("encoder_to_decoder") || contains("weight_v"))
      CHECK(start == initial::fan_in_uniform);
    else if (contains("weight_g"))
      CHECK(start == initial::one);
    else if (contains("bias"))
      CHECK(start == initial::zero);
    else if (contains("mask_token") || contains(".mlp.0.") || contains(".mlp.2.") || contains(".mlp.4."))
      CHECK(start == initial::truncated_normal);
    else
      CHECK(start == initial::xavier_uniform);
    if (start == initial::xavier_uniform || start == initial::fan_in_uniform) {
      const sdmae::index out = row.shape.extents[0];
      CHECK(row.traits.fan_in == (row.shape.rank > 1 ? row.count() / out : 12));
    }
    CHECK(model.read(row).size() == static_cast<std::size_t>(row.count()));
    if (start == initial::layer_scale) CHECK(model.read(row)[0] == 0.3);
  }
}

TEST_CASE("equal seeds give equal weights on every backend, other seeds others") {
  reference_backend<float> reference;
  eigen_backend<float> cpu;
  archetype_backend<float> archetype;
  const auto one = build<tiny::architecture>(reference, {.seed = 7}),
             other = build<tiny::architecture>(reference, {.seed = 8});
  const auto two = build<tiny::architecture>(cpu, {.seed = 7});
  const auto three = build<tiny::architecture>(archetype, {.seed = 7});
  for (const parameter& row : one.table()) {
    CHECK(one.read(row) == two.read(row));
    CHECK(one.read(row) == three.read(row));
    const bool drawn = row.traits.start != initial::zero && row.traits.start != initial::one;
    CHECK((one.read(row) != other.read(row)) == drawn);
  }
}
