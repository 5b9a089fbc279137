#include "sdmae/backend/elementary.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

#include "catch.hpp"
#include "sdmae/backend/functions.hpp"

namespace {

/// Distance from the exact value in units of its last place; infinite where one is NaN or infinite and the other not.
double ulps(float got, double exact) {
  const float wanted = static_cast<float>(exact);
  if (std::isnan(exact) || std::isinf(wanted) || wanted == 0.0f)
    return (std::isnan(exact) ? std::isnan(got) : got == wanted) ? 0 : std::numeric_limits<double>::infinity();
  const float size = std::fabs(wanted);
  return std::fabs(double(got) - exact) / double(std::nextafter(size, std::numeric_limits<float>::infinity()) - size);
}

/// The largest distance over the floats, each 509th of them: a prime, so that all exponents and mantissas are met.
template <class Got, class Exact>
double worst(Got got, Exact exact) {
  double largest = 0;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 509) {
    const float x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    largest = std::max(largest, ulps(got(x), exact(double(x))));
  }
  return largest;
}

constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

namespace elementary = sdmae::elementary;

TEST_CASE("exp, log and root are within 2 units in the last place over all floats") {
  CHECK(worst([](float x) { return elementary::exp(x); }, [](double x) { return std::exp(x); }) <= 2);
  const auto from_87 = [](auto x) { return x < -87 ? decltype(x)(-87) : x > 88 ? decltype(x)(88) : x; };
  CHECK(worst([&](float x) { return elementary::decay(from_87(x)); }, [&](double x) { return std::exp(from_87(x)); }) <=
        2);
  CHECK(worst([](float x) { return elementary::log(x); }, [](double x) { return std::log(x); }) <= 2);
  CHECK(worst([](float x) { return elementary::sqrt(x); }, [](double x) { return std::sqrt(x); }) <= 2);
}

TEST_CASE("ends of the ranges") {
  CHECK(elementary::exp(-infinity) == 0);
  CHECK(elementary::exp(infinity) == infinity);
  CHECK(elementary::exp(0.0f) == 1);
  CHECK(elementary::exp(-100.0f) > 0);  // a denormal number
  CHECK(elementary::log(0.0f) == -infinity);
  CHECK(elementary::log(infinity) == infinity);
  CHECK(elementary::log(1.0f) == 0);
  CHECK(std::isnan(elementary::log(-1.0f)));
  CHECK(elementary::sqrt(0.0f) == 0);
  CHECK(elementary::sqrt(infinity) == infinity);
  CHECK(std::isnan(elementary::sqrt(-1.0f)));
  for (float x : {std::numeric_limits<float>::quiet_NaN()}) {
    CHECK(std::isnan(elementary::exp(x)));
    CHECK(std::isnan(elementary::log(x)));
    CHECK(std::isnan(elementary::sqrt(x)));
  }
}

TEST_CASE("GELU and its derivative are exact to 2.5e-7 of the larger of 1 and |x|") {
  double value = 0, slope = 0;
  for (int i = -300'000; i <= 300'000; ++i) {
    const float x = static_cast<float>(i) * 1e-4f;
    const double scale = std::max(1.0, std::fabs(double(x)));
    value = std::max(value, std::fabs(sdmae::gelu(x) - sdmae::gelu(double(x))) / scale);
    slope = std::max(slope, std::fabs(sdmae::gelu_derivative(x) - sdmae::gelu_derivative(double(x))) / scale);
  }
  // What is far away: 0 and x, slopes of 0 and 1.
  for (float x = 30; std::isfinite(x); x *= 1.7f) {
    CHECK(sdmae::gelu(-x) == 0.0f);
    CHECK(std::fabs(sdmae::gelu(x) / x - 1.0f) <= 2.5e-7f);
    CHECK(std::fabs(sdmae::gelu_derivative(-x)) <= 2.5e-7f);
    CHECK(std::fabs(sdmae::gelu_derivative(x) - 1.0f) <= 2.5e-7f);
  }
  // Near 0 it is x/2, to a few units in the last place.
  for (float x = 1e-3f; x > 1e-37f; x /= 3)
    for (const float at : {x, -x})
      CHECK(std::fabs(sdmae::gelu(at) - sdmae::gelu(double(at))) <= 4e-7 * std::fabs(sdmae::gelu(double(at))));
  CHECK(std::isnan(sdmae::gelu(std::numeric_limits<float>::quiet_NaN())));
  CHECK(std::isnan(sdmae::gelu_derivative(std::numeric_limits<float>::quiet_NaN())));
  CHECK(value <= 2.5e-7);
  CHECK(slope <= 2.5e-7);
}
