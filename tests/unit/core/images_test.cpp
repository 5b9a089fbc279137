// Pixels of 8-bit and of normalised images are the same, and patches of a grid are counted as shapes say.
#include "sdmae/core/images.hpp"

#include "catch.hpp"

using namespace sdmae;

TEST_CASE("bytes [H, W, C] and normalised values [C, H, W] are read alike") {
  constexpr image_shape shape{.height = 2, .width = 4, .patch = 2, .channels = 3};
  constexpr int size = shape.values();
  std::uint8_t bytes[2 * size];
  double values[2 * size];
  const auto statistics = default_statistics<3>();
  for (int i = 0; i < 2; ++i)
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 4; ++x)
        for (int c = 0; c < 3; ++c) {
          const int byte = (i * 89 + y * 53 + x * 17 + c * 31) % 256;
          bytes[((i * 2 + y) * 4 + x) * 3 + c] = static_cast<std::uint8_t>(byte);
          values[((i * 3 + c) * 2 + y) * 4 + x] = (byte / 255.0 - statistics.mean[c]) / statistics.deviation[c];
        }
  const byte_images<shape> from_bytes{bytes};
  const normalised_images<shape, double> from_values{values};
  for (int i = 0; i < 2; ++i)
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 4; ++x)
        for (int c = 0; c < 3; ++c) {
          CHECK(from_bytes.unit<double>(i, y, x, c) == bytes[((i * 2 + y) * 4 + x) * 3 + c] / 255.0);
          CHECK(from_bytes.normalised<double>(i, y, x, c) == Approx(from_values.normalised<double>(i, y, x, c)));
          CHECK(from_values.unit<double>(i, y, x, c) == Approx(from_bytes.unit<double>(i, y, x, c)).margin(1e-14));
        }
  CHECK(statistics.mean[1] == 0.456);
  CHECK(statistics.deviation[2] == 0.225);
  CHECK(default_statistics<1>().mean[0] == 0.5);
}

TEST_CASE("a shape knows its grid") {
  constexpr image_shape released{};
  static_assert(released.patches() == 196 && released.patch_values() == 768);
  constexpr image_shape oblong{.height = 32, .width = 48, .patch = 8, .channels = 2};
  static_assert(oblong.grid_height() == 4 && oblong.grid_width() == 6 && oblong.patches() == 24);
  static_assert(oblong.patch_values() == 128 && oblong.values() == 32 * 48 * 2);
  static_assert(vit_shape{}.head_width() == 64 && vit_shape{}.hidden() == 1536);
  SUCCEED();
}
