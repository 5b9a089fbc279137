// Starting values of parameters, by the recipe that each names in the parameter table.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "sdmae/core/parameter.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/vit/position.hpp"

namespace sdmae {

/// What a fresh model starts from.
struct initialisation {
  std::uint64_t seed = 0;
  double layer_scale = 0.1;  // γ of every block, where the architecture has layer scale
};

/// Writes the `row.count()` starting values of a parameter, the `position`-th of its table. Equal arguments give equal
/// values, whatever the backend.
template <class T>
void initialise(const parameter& row, std::uint64_t position, const initialisation& from, T* values) {
  random_sequence numbers(from.seed, stream::initialisation, 0, position);
  const double fan_in = double(row.traits.fan_in);
  const auto fill = [&](auto draw) {
    for (index i = 0; i < row.count(); ++i) values[i] = T(draw());
  };
  const auto truncated = [&] {
    double z = numbers.normal();
    while (std::abs(z) > 1.0) z = numbers.normal();
    return z;
  };
  const auto uniform = [&](double bound) { fill([&] { return numbers.uniform(-bound, bound); }); };
  switch (row.traits.start) {
    case initial::zero:
      return fill([] { return 0.0; });
    case initial::one:
      return fill([] { return 1.0; });
    case initial::layer_scale:
      return fill([&] { return from.layer_scale; });
    case initial::xavier_uniform:
      return uniform(std::sqrt(6.0 / (fan_in + double(row.count()) / fan_in)));
    case initial::fan_in_uniform:
      return uniform(1.0 / std::sqrt(fan_in));
    case initial::normal:
      return fill([&] { return 0.02 * numbers.normal(); });
    case initial::sin_cos_2d: {
      const index width = row.shape.extents[2];
      const auto table = vit::sin_cos_2d<T>(row.traits.grid_height, row.traits.grid_width, width);
      const index class_values = row.count() - index(table.size());
      std::fill_n(values, class_values, T(0));
      std::copy(table.begin(), table.end(), values + class_values);
      return;
    }
    case initial::truncated_normal:
      return fill([&] { return 0.02 * truncated(); });
    case initial::nearly_zero:
      return fill([&] { return 0.001 * 0.02 * truncated(); });
  }
}

}  // namespace sdmae
