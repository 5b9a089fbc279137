// The target of texture, against the formula written out and against pictures whose gradients are known.
#include "sdmae/loss/texture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/testing/guarded.hpp"
#include "tiny.hpp"

using namespace sdmae;
using loss::target::texture;

namespace {

/// 2 × 3 patches, each cut into quarters of 4 × 4 pixels.
constexpr image_shape shape{.height = 16, .width = 24, .patch = 8};
constexpr int C = 3, kinds = 8 + 2 * C, values = 4 * kinds;
static_assert(texture::values<shape> == values);
const std::int32_t order[12] = {0, 2, 3, 5, 1, 4, 1, 4, 5, 3, 0, 2};  // the last three of each image are hidden
const mask_view mask{order, 6, 3};

using picture = std::vector<std::uint8_t>;

/// Of the hidden patches of as many pictures as there are, [rows, values].
std::vector<double> written(const picture& pictures) {
  reference_backend<double> backend;
  const auto rows = static_cast<sdmae::index>(pictures.size()) / shape.values() * 3;
  testing::guarded<reference_backend<double>> target(backend, rows * values);
  arena nothing;
  texture::write<shape>(backend, byte_images<shape>{pictures.data()}, mask,
                        rows_view<double, values>{target.data(), rows}, nothing);
  CHECK(target.intact());
  return target.read();
}

/// value(y, x, c) at every pixel of one picture.
template <class F>
picture drawn(F value) {
  picture pixels;
  for (int y = 0; y < shape.height; ++y)
    for (int x = 0; x < shape.width; ++x)
      for (int c = 0; c < C; ++c) pixels.push_back(static_cast<std::uint8_t>(value(y, x, c)));
  return pixels;
}

/// The mean of |∇| by orientation that was standardised to these.
std::array<double, 8> gradients_of(const double* quarter) {
  std::array<double, 8> found{};
  for (std::size_t o = 0; o < 8; ++o) found[o] = quarter[o] * 0.008 + 0.015;
  return found;
}

struct expected_quarter {
  std::array<double, 8> gradients{};
  std::array<double, C> mean{}, deviation{};

  expected_quarter(const picture& pixels, int image, int top, int left) {
    const auto pixel = [&](int y, int x, int c) {
      y = std::clamp(y, 0, shape.height - 1);
      x = std::clamp(x, 0, shape.width - 1);
      return pixels[static_cast<std::size_t>(((image * shape.height + y) * shape.width + x) * C + c)] / 255.0;
    };
    const auto grey = [&](int y, int x) { return (pixel(y, x, 0) + pixel(y, x, 1) + pixel(y, x, 2)) / 3; };
    for (int y = top; y < top + 4; ++y)
      for (int x = left; x < left + 4; ++x) {
        const double dy = grey(y + 1, x) - grey(y - 1, x), dx = grey(y, x + 1) - grey(y, x - 1);
        // A hat function of the angle between the gradient's axis and each orientation's, π/8 wide on either side.
        for (int o = 0; o < 8; ++o) {
          const double apart = std::remainder(std::atan2(dy, dx) - o * std::acos(-1.0) / 8, std::acos(-1.0));
          gradients[static_cast<std::size_t>(o)] +=
              std::hypot(dy, dx) * std::max(0.0, 1 - std::fabs(apart) * 8 / std::acos(-1.0)) / 16;
        }
        for (int c = 0; c < C; ++c) mean[static_cast<std::size_t>(c)] += pixel(y, x, c) / 16;
      }
    for (int i = 0; i < 16 * C; ++i) {
      const auto c = static_cast<std::size_t>(i % C);
      deviation[c] += std::pow(pixel(top + i / C / 4, left + i / C % 4, i % C) - mean[c], 2) / 16;
    }
    for (double& d : deviation) d = std::sqrt(d);
  }
};

}  // namespace

TEST_CASE("texture: gradients by orientation, mean and deviation of colors of each quarter") {
  const picture pixels = tiny::pictures<shape>(2);
  const std::vector<double> got = written(pixels);
  REQUIRE(got.size() == 6 * values);
  for (int r = 0; r < 6; ++r)
    for (int q = 0; q < 4; ++q) {
      const int patch = order[r / 3 * 6 + 3 + r % 3];
      const expected_quarter expected(pixels, r / 3, patch / 3 * 8 + q / 2 * 4, patch % 3 * 8 + q % 2 * 4);
      const double* const quarter = got.data() + r * values + q * kinds;
      for (std::size_t o = 0; o < 8; ++o)
        CHECK(quarter[o] == Approx((expected.gradients[o] - 0.015) / 0.008).margin(1e-9));
      for (std::size_t c = 0; c < C; ++c) {
        CHECK(quarter[8 + c] == Approx((expected.mean[c] - 0.70) / 0.15).margin(1e-9));
        CHECK(quarter[8 + C + c] == Approx((expected.deviation[c] - 0.085) / 0.05).margin(1e-9));
      }
    }
}

TEST_CASE("texture knows the orientation of stripes, and opposite slopes are one") {
  const double step = 20 / 255.0;  // of neighbours two apart, everywhere but at the border
  const auto inner = [](const picture& pixels) { return gradients_of(written(pixels).data() + 2 * values + kinds); };
  // Of patch 4, the third that is hidden, the upper right quarter, which does not touch the border.
  const auto down = inner(drawn([](int y, int, int) { return 10 * y; }));
  const auto across = inner(drawn([](int, int x, int) { return 250 - 10 * x; }));
  const auto diagonal = inner(drawn([](int y, int x, int) { return 5 * (x + y); }));
  for (std::size_t o = 0; o < 8; ++o) {
    CHECK(across[o] == Approx(o == 0 ? step : 0).margin(1e-9));
    CHECK(down[o] == Approx(o == 4 ? step : 0).margin(1e-9));
    CHECK(diagonal[o] == Approx(o == 2 ? step / 2 * std::sqrt(2.0) : 0).margin(1e-9));
  }
}

TEST_CASE("texture of one color has no gradient and no deviation, and shows the color") {
  const std::vector<double> got = written(drawn([](int, int, int c) { return 100 + 20 * c; }));
  for (int r = 0; r < 3; ++r)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x)
        for (int c = 0; c < C; ++c) {
          const auto shown = static_cast<std::size_t>(texture::shown_by<shape>(y * 8 + x, c));
          const std::size_t quarter = static_cast<std::size_t>(r * values + (y / 4 * 2 + x / 4) * kinds);
          CHECK(shown / kinds == static_cast<std::size_t>(y / 4 * 2 + x / 4));
          CHECK(texture::to_pixel(got[static_cast<std::size_t>(r * values) + shown], {}) ==
                Approx((100 + 20 * c) / 255.0));
          CHECK(got[quarter + 8 + C + static_cast<std::size_t>(c)] == Approx(-0.085 / 0.05));
          for (double gradient : gradients_of(got.data() + quarter)) CHECK(gradient == Approx(0).margin(1e-9));
        }
}
