// The learning rate, step by step, as the released recipe's formula gives it.
#include "sdmae/train/schedule.hpp"

#include <cmath>

#include "catch.hpp"

using sdmae::cosine_schedule;

namespace {
double formula(double peak, double floor, sdmae::index warmup, sdmae::index total, sdmae::index t) {
  if (t < warmup) return peak * double(t) / double(warmup > 2 ? warmup - 1 : 1);
  return floor + 0.5 * (peak - floor) * (1 + std::cos(std::acos(-1.0) * double(t - warmup) / double(total - warmup)));
}
}  // namespace

TEST_CASE("warm-up and cosine") {
  for (const sdmae::index warmup : {0, 1, 2, 5}) {
    const cosine_schedule schedule{.peak = 6e-4, .floor = 1e-5, .warmup_steps = warmup, .total_steps = 20};
    for (sdmae::index t = 0; t < 20; ++t)
      CHECK(schedule.at(t) == Approx(formula(6e-4, 1e-5, warmup, 20, t)).epsilon(1e-12));
  }
  const cosine_schedule schedule{.peak = 1, .floor = 0.1, .warmup_steps = 5, .total_steps = 15};
  CHECK(schedule.at(0) == 0.0);
  CHECK(schedule.at(2) == 0.5);
  CHECK(schedule.at(4) == 1.0);  // the last step of warm-up has the peak, so has the first after it
  CHECK(schedule.at(5) == 1.0);
  CHECK(schedule.at(10) == Approx(0.55));
  CHECK(schedule.at(15) == Approx(0.1));
  CHECK(schedule.at(1000) == Approx(0.1));
}

TEST_CASE("without warm-up the first step has the peak; a warm-up of one step has a rate of zero") {
  CHECK(cosine_schedule{.peak = 1, .warmup_steps = 0, .total_steps = 10}.at(0) == 1.0);
  CHECK(cosine_schedule{.peak = 1, .warmup_steps = 1, .total_steps = 10}.at(0) == 0.0);
  CHECK(cosine_schedule{.peak = 1, .warmup_steps = 1, .total_steps = 10}.at(1) == 1.0);
}

TEST_CASE("a floor above the peak counts as the peak; no steps: constant; warm-up over the whole run") {
  const cosine_schedule high{.peak = 1e-6, .floor = 1e-5, .warmup_steps = 0, .total_steps = 10};
  for (sdmae::index t = 0; t < 12; ++t) CHECK(high.at(t) == Approx(1e-6));
  CHECK(cosine_schedule{.peak = 0.5}.at(123) == 0.5);
  const cosine_schedule warming{.peak = 1, .warmup_steps = 4, .total_steps = 4};
  CHECK(warming.at(3) == 1.0);
  CHECK(std::isfinite(warming.at(4)));
}
