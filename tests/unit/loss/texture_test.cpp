// The target of texture, against the formula written out and against pictures whose gradients are known.
#include "sdmae/loss/texture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/testing/guarded.hpp"
#include "tiny.hpp"

using namespace sdmae;
using loss::target::texture;

namespace {

/// 2 × 3 patches, each cut into quarters of 4 × 4 pixels.
constexpr image_shape shape{.height = 16, .width = 24, .patch = 8};
constexpr image_shape grey_shape{.height = 16, .width = 24, .patch = 8, .channels = 1};
constexpr int C = 3, kinds = 8 + 2 * C, values = 4 * kinds;
static_assert(texture::values<shape> == values && texture::values<grey_shape> == 40);
const std::int32_t order[12] = {0, 2, 3, 5, 1, 4, 1, 4, 5, 3, 0, 2};  // the last three of each image are hidden
const mask_view mask{order, 6, 3};

using picture = std::vector<std::uint8_t>;

/// Of the hidden patches of `count` images, [3·count, values].
template <image_shape Image, class B, class Images>
std::vector<double> written(B backend, const Images& images, sdmae::index count) {
  constexpr sdmae::index V = texture::values<Image>;
  testing::guarded<B> target(backend, 3 * count * V), memory(backend, 1 << 16);
  arena scratch(reinterpret_cast<std::byte*>(memory.data()));
  texture::write<Image>(backend, images, mask, rows_view<scalar_of<B>, V>{target.data(), 3 * count}, scratch);
  CHECK(target.intact());
  CHECK(memory.intact());
  const auto found = target.read();
  return {found.begin(), found.end()};
}
std::vector<double> written(const picture& one) {
  return written<shape>(reference_backend<double>{}, byte_images<shape>{one.data()}, 1);
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

/// Of the quarter whose first pixel is (top, left), standardised.
template <image_shape Image>
std::vector<double> expected(const picture& pixels, int image, int top, int left) {
  const double pi = std::acos(-1.0);
  const auto pixel = [&](int y, int x, int c) {
    y = std::clamp(y, 0, Image.height - 1);
    x = std::clamp(x, 0, Image.width - 1);
    return pixels[static_cast<std::size_t>(((image * Image.height + y) * Image.width + x) * Image.channels + c)] /
           255.0;
  };
  const auto grey = [&](int y, int x) {
    double sum = 0;
    for (int c = 0; c < Image.channels; ++c) sum += pixel(y, x, c);
    return sum / Image.channels;
  };
  std::vector<double> found;
  for (int o = 0; o < 8; ++o) {
    double votes = 0;
    for (int y = top; y < top + 4; ++y)
      for (int x = left; x < left + 4; ++x) {
        const double dy = grey(y + 1, x) - grey(y - 1, x), dx = grey(y, x + 1) - grey(y, x - 1);
        const double apart = std::remainder(std::atan2(dy, dx) - o * pi / 8, pi);  // at most a right angle
        votes += std::hypot(dy, dx) * std::max(0.0, 1 - std::fabs(apart) * 8 / pi) / 16;
      }
    found.push_back((votes - 0.015) / 0.008);
  }
  std::vector<double> deviations;
  for (int c = 0; c < Image.channels; ++c) {
    double mean = 0, variance = 0;
    for (int i = 0; i < 16; ++i) mean += pixel(top + i / 4, left + i % 4, c) / 16;
    for (int i = 0; i < 16; ++i) variance += std::pow(pixel(top + i / 4, left + i % 4, c) - mean, 2) / 16;
    found.push_back((mean - 0.70) / 0.15);
    deviations.push_back((std::sqrt(variance) - 0.085) / 0.05);
  }
  found.insert(found.end(), deviations.begin(), deviations.end());
  return found;
}

template <image_shape Image>
void compare(const std::vector<double>& got, const picture& pixels, double margin) {
  REQUIRE(got.size() == 6 * texture::values<Image>);
  auto next = got.begin();
  for (int r = 0; r < 6; ++r)
    for (int q = 0; q < 4; ++q) {
      const int patch = order[r / 3 * 6 + 3 + r % 3];
      for (double value : expected<Image>(pixels, r / 3, patch / 3 * 8 + q / 2 * 4, patch % 3 * 8 + q % 2 * 4))
        CHECK(*next++ == Approx(value).margin(margin));
    }
}

/// As models see images: [count, C, H, W], normalised.
std::vector<float> normalised(const picture& pixels) {
  const byte_images<shape> images{pixels.data()};
  std::vector<float> planes;
  for (sdmae::index i = 0; i < 2; ++i)
    for (sdmae::index c = 0; c < C; ++c)
      for (sdmae::index k = 0; k < shape.height * shape.width; ++k)
        planes.push_back(images.normalised<float>(i, k / shape.width, k % shape.width, c));
  return planes;
}

}  // namespace

TEST_CASE("texture: gradients by orientation, mean and deviation of colors of each quarter") {
  const picture pixels = tiny::pictures<shape>(2), grey = tiny::pictures<grey_shape>(2);
  const byte_images<shape> images{pixels.data()};
  compare<shape>(written<shape>(reference_backend<double>{}, images, 2), pixels, 1e-9);
  compare<shape>(written<shape>(eigen_backend<float>({.threads = 2}), images, 2), pixels, 1e-3);
  compare<grey_shape>(written<grey_shape>(eigen_backend<double>(), byte_images<grey_shape>{grey.data()}, 2), grey,
                      1e-9);
  const std::vector<float> planes = normalised(pixels);
  compare<shape>(written<shape>(reference_backend<double>{}, normalised_images<shape, float>{planes.data()}, 2), pixels,
                 1e-3);
}

TEST_CASE("a pixel that is no number makes its texture none, and nothing else") {
  std::vector<float> planes = normalised(tiny::pictures<shape>(2));
  planes[0] = std::numeric_limits<float>::quiet_NaN();           // of the first image's patch 0, which is visible
  planes[static_cast<std::size_t>(shape.values())] = planes[0];  // of the second's, which is its second hidden one
  const std::vector<double> got =
      written<shape>(reference_backend<double>{}, normalised_images<shape, float>{planes.data()}, 2);
  for (std::size_t k = 0; k < got.size(); ++k) {
    INFO(k);
    const bool of_its_quarter = k / kinds == 4 * 4;
    const bool of_its_channel = k % kinds < 8 || k % kinds == 8 || k % kinds == 8 + C;
    if (!of_its_quarter) CHECK(std::isfinite(got[k]));
    if (of_its_quarter && k % kinds >= 8) CHECK(std::isfinite(got[k]) == !of_its_channel);
  }
  CHECK(std::isnan(got[4 * 4 * kinds]));
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
