// Blur against scipy.ndimage.correlate1d in double, which is torchvision 0.29's gaussian_blur where that can mirror.
#include "sdmae/data/blur.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "unit/data/test_images.hpp"
#include "unit/io/test_files.hpp"

namespace {

sdmae::image8 blurred(double sigma, sdmae::image8 image) {
  sdmae::blur(sigma, image.height, image.width, image.pixels.data());
  return image;
}

}  // namespace

TEST_CASE("pictures are blurred as by scipy, edges and pictures smaller than the kernel included") {
  using bytes = std::vector<std::uint8_t>;
  CHECK(blurred(0.5, pattern(4, 5)).pixels ==
        bytes{29, 82,  123, 99,  152, 141, 132, 185, 74, 59,  112, 144, 77,  130, 183, 63,  110, 120, 133, 164,
              56, 67,  117, 127, 99,  149, 199, 54,  86, 139, 100, 110, 157, 174, 66,  97,  117, 127, 174, 64,
              93, 124, 149, 44,  91,  97,  138, 191, 89, 78,  131, 174, 62,  94,  151, 177, 71,  134, 144, 154});
  CHECK(pixel_sum(blurred(1.3, pattern(20, 17))) == 0xc29c85e6e3f382ed);
  CHECK(blurred(2, pattern(3, 4)).pixels == bytes{101, 130, 117, 100, 131, 118, 99, 132, 122, 98, 133, 124,
                                                  101, 130, 117, 100, 131, 119, 99, 132, 122, 98, 133, 124,
                                                  101, 130, 117, 100, 131, 119, 99, 132, 122, 99, 132, 124});
  CHECK(blurred(1, pattern(1, 3)).pixels == bytes{65, 118, 143, 91, 144, 134, 117, 170, 121});
  CHECK(blurred(50, pattern(1, 1)) == pattern(1, 1));
}

TEST_CASE("a picture is blurred as often as asked, by a drawn sigma") {
  const sdmae::image8 image = pattern(9, 9);
  const auto numbers = [](int sample) {
    return sdmae::random_sequence(2, sdmae::stream::blur, 0, static_cast<std::uint64_t>(sample));
  };
  int changed = 0;
  for (int sample = 0; sample < 2000; ++sample) {
    sdmae::image8 out = image;
    sdmae::blur_sometimes({0.3, 0.5, 1.5}, numbers(sample), 9, 9, out.pixels.data());
    if (out == image) continue;
    ++changed;
    sdmae::random_sequence random = numbers(sample);
    random.uniform();
    REQUIRE(out == blurred(random.uniform(0.5, 1.5), image));
  }
  CHECK(changed == Approx(600).margin(82));  // four standard deviations
}

TEST_CASE("blur that cannot be is refused") {
  const auto line = [](double a, double b, double c) {
    return error_line([&] { sdmae::check_blur({a, b, c}, "--blur"); });
  };
  CHECK(line(0.5, 0.1, 2).empty());
  CHECK_THAT(line(1.5, 0.1, 2), says("--blur: the probability"));
  CHECK_THAT(line(0.5, 0, 2), says("sigma"));
  CHECK_THAT(line(0.5, 2, 1), says("sigma"));
  CHECK_THAT(line(0.5, 1, 1e9), says("sigma"));
}
