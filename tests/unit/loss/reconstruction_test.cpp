// The reconstruction loss on tissue alone, by hand.
#include "sdmae/loss/reconstruction.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"

using namespace sdmae;
using sdmae::index;

namespace {

/// Three images of 2×3 patches of 2×2 pixels. The mask hides patches 1, 3, 4, 5 of every image.
struct outputs {
  static constexpr image_shape image{.height = 4, .width = 6, .patch = 2, .channels = 3};
  static constexpr index N = 6, P = 12, K = 1;
  static constexpr distilled says = distilled::nothing;
};
constexpr index images = 3, masked = 4;
const std::vector<std::int32_t> order{0, 2, 1, 3, 4, 5, 0, 2, 1, 3, 4, 5, 0, 2, 1, 3, 4, 5};

/// The losses of the images, and the gradient of their mean, where these patches of each are white and the rest is
/// purple. Patch r of all that are painted is painted with the value r everywhere; the target is the image in [0, 1].
template <class Loss>
std::pair<std::vector<double>, std::vector<double>> judged(const Loss& loss,
                                                           const std::vector<std::vector<index>>& white) {
  reference_backend<double> backend;
  std::vector<std::uint8_t> rgb;
  for (index i = 0; i < images; ++i)
    for (index y = 0; y < 4; ++y)
      for (index x = 0; x < 6; ++x) {
        const auto& glass = white[static_cast<std::size_t>(i)];
        const bool is_white = std::find(glass.begin(), glass.end(), y / 2 * 3 + x / 2) != glass.end();
        for (const int value : {is_white ? 255 : 153, is_white ? 255 : 102, is_white ? 255 : 153})
          rgb.push_back(static_cast<std::uint8_t>(value));
      }
  std::vector<double> pixels, slopes(static_cast<std::size_t>(images * masked * 12)), reported(3);
  for (index r = 0; r < images * masked; ++r) pixels.insert(pixels.end(), 12, double(r));
  loss::slice<double, outputs, byte_images<outputs::image>> slice{
      {rgb.data()}, painted_patches(mask_view{order.data(), 6, 2}), 0, images, images};
  slice.pixels = {pixels.data(), images * masked};
  slice.dpixels = {slopes.data(), images * masked};
  std::vector<std::byte> scratch(1 << 16);
  arena memory(scratch.data());
  typename Loss::template state<double, outputs> nothing;
  loss.evaluate(backend, 2.0, slice, nothing, std::array<double*, 1>{reported.data()}, memory);
  return {reported, slopes};
}

using plain = loss::reconstruction<loss::target::unit>;

double square(double x) { return x * x; }
/// Of a purple patch painted with `value`: (2·(value − 0.6)² + (value − 0.4)²)/3.
double purple(double value) { return (2 * square(value - 0.6) + square(value - 0.4)) / 3; }

}  // namespace

TEST_CASE("background does not count in a loss on tissue, what is left weighs equally in every image") {
  // Of the hidden patches 1, 3, 4, 5, the first image has glass in 3 and 5, the second everywhere, the third nowhere.
  // That visible patches are glass plays no part.
  const auto [loss, slope] = judged(plain{}.on_tissue(), {{0, 3, 5}, {0, 1, 2, 3, 4, 5}, {0, 2}});
  CHECK(std::fabs(loss[0] - (purple(0) + purple(2)) / 2) < 1e-12);
  CHECK(loss[1] == 0);
  CHECK(std::fabs(loss[2] - (purple(8) + purple(9) + purple(10) + purple(11)) / 4) < 1e-12);
  for (index r = 0; r < images * masked; ++r) {
    const double share[] = {0.5, 0, 0.5, 0, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25};
    const double red = 2.0 * share[r] * 2 * (double(r) - 0.6) / (3 * 12);  // weight · w_r · d′ / (B·P)
    CHECK(std::fabs(slope[static_cast<std::size_t>(r * 12)] - red) < 1e-12);
  }
}

TEST_CASE("without glass a loss on tissue is the loss of all hidden patches") {
  const auto none = std::vector<std::vector<index>>(3);
  CHECK(judged(plain{}.on_tissue(), none) == judged(plain{}, none));
  const auto some = std::vector<std::vector<index>>{{3}, {1}, {}};
  CHECK(judged(plain{}.on_tissue(), some) != judged(plain{}, some));
  CHECK(judged(plain{}.on_tissue({.brightness = 1.01}), some) == judged(plain{}, some));  // nothing is as bright
}
