// Targets of masked patches, against the formulas written out.
#include "sdmae/loss/target.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/testing/guarded.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

constexpr image_shape shape{.height = 4, .width = 6, .patch = 2};
constexpr int P = shape.patch_values();
const std::vector<std::uint8_t> pictures = tiny::pictures<shape>(2);
// Patches 1, 4 and 5 of the first image are hidden, 0, 2 and 3 of the second.
const std::int32_t order[12] = {0, 2, 3, 5, 1, 4, 1, 4, 5, 3, 0, 2};
const mask_view mask{order, 6, 3};
const int patch_of_row[6] = {5, 1, 4, 3, 0, 2};

/// Unit value of pixel (y, x) of the patch in row r.
double pixel(int r, int y, int x, int c) {
  const int image = r / 3, top = patch_of_row[r] / 3 * 2, left = patch_of_row[r] % 3 * 2;
  return pictures[static_cast<std::size_t>(((image * 4 + top + y) * 6 + left + x) * 3 + c)] / 255.0;
}

template <class Target>
std::vector<double> written() {
  reference_backend<double> backend;
  testing::guarded<reference_backend<double>> target(backend, 6 * P), memory(backend, 4096);
  arena scratch(reinterpret_cast<std::byte*>(memory.data()));
  Target::template write<shape>(backend, byte_images<shape>{pictures.data()}, mask,
                                rows_view<double, P>{target.data(), 6}, scratch);
  CHECK(target.intact());
  return target.read();
}

/// expected(r, y, x, c) for every value of every row, in the order (y, x, c).
template <class F>
void compare(const std::vector<double>& got, F expected) {
  for (int r = 0; r < 6; ++r)
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 2; ++x)
        for (int c = 0; c < 3; ++c)
          CHECK(got[static_cast<std::size_t>(r * P + (y * 2 + x) * 3 + c)] ==
                Approx(expected(r, y, x, c)).margin(1e-12));
}

struct moments {
  double mean = 0, variance = 0;
  explicit moments(const std::vector<double>& values) {
    for (double value : values) mean += value / double(values.size());
    for (double value : values) variance += (value - mean) * (value - mean) / double(values.size() - 1);
  }
};

double normalised(double unit, int c) {
  const double mean[] = {0.485, 0.456, 0.406}, deviation[] = {0.229, 0.224, 0.225};
  return (unit - mean[c]) / deviation[c];
}

}  // namespace

TEST_CASE("unit: pixels in [0, 1], flattened as (y, x, channel)") { compare(written<loss::target::unit>(), pixel); }

TEST_CASE("input: pixels by the channel statistics") {
  compare(written<loss::target::input>(), [](int r, int y, int x, int c) { return normalised(pixel(r, y, x, c), c); });
}

TEST_CASE("patch_channel: per patch and channel, unbiased, epsilon outside the root") {
  compare(written<loss::target::patch_channel>(), [](int r, int y, int x, int c) {
    const moments m({pixel(r, 0, 0, c), pixel(r, 0, 1, c), pixel(r, 1, 0, c), pixel(r, 1, 1, c)});
    return (pixel(r, y, x, c) - m.mean) / (std::sqrt(m.variance) + 1e-6);
  });
}

TEST_CASE("patch: of the normalised image, per patch, unbiased, epsilon inside the root") {
  compare(written<loss::target::patch>(), [](int r, int y, int x, int c) {
    std::vector<double> values;
    for (int i = 0; i < 12; ++i) values.push_back(normalised(pixel(r, i / 6, i / 3 % 2, i % 3), i % 3));
    const moments m(values);
    return (normalised(pixel(r, y, x, c), c) - m.mean) / std::sqrt(m.variance + 1e-6);
  });
}

TEST_CASE("a patch of one color has a target of zero, not of noise") {
  reference_backend<double> backend;
  const std::vector<std::uint8_t> flat(4 * 6 * 3, 200);
  std::vector<double> target(3 * P, 5.0);
  testing::guarded<reference_backend<double>> memory(backend, 4096);
  arena scratch(reinterpret_cast<std::byte*>(memory.data()));
  loss::target::patch_channel::write<shape>(backend, byte_images<shape>{flat.data()}, mask,
                                            rows_view<double, P>{target.data(), 3}, scratch);
  for (double value : target) CHECK(std::abs(value) < 1e-9);
}

namespace {
struct architecture {
  static constexpr image_shape image = shape;
  static constexpr sdmae::index N = 6, P = shape.patch_values(), K = 2;
};
}  // namespace

// What predicting zero costs under the released target: the number to set a reconstruction against.
TEST_CASE("predicting zero costs (n − 1)/n for n pixels a patch") {
  reference_backend<double> backend;
  using images = byte_images<shape>;
  loss::slice<double, architecture, images> slice{images{pictures.data()}, mask, 0, 2};
  const std::vector<double> zero(6 * P);
  std::vector<double> gradient(6 * P), reported(2);
  slice.pixels = {zero.data(), 6};
  slice.dpixels = {gradient.data(), 6};
  testing::guarded<reference_backend<double>> memory(backend, 4096);
  arena scratch(reinterpret_cast<std::byte*>(memory.data()));
  loss::reconstruction<>{}.evaluate(backend, 1.0, slice, 0, {reported.data()}, scratch);
  for (double value : reported) CHECK(value == Approx(3.0 / 4.0).epsilon(1e-3));
}
