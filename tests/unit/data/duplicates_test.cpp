// Pictures with the same pixels.
#include "sdmae/data/duplicates.hpp"

#include "catch.hpp"
#include "unit/data/test_images.hpp"

namespace {

using sdmae::index;

TEST_CASE("pictures with the same pixels are duplicates, whatever they are called") {
  const sdmae::image8 one = pattern(4, 6), turned = pattern(6, 4);
  sdmae::image8 other = one;
  other.pixels[50] ^= 1;
  sdmae::image8 reshaped = one;
  std::swap(reshaped.height, reshaped.width);
  CHECK(sdmae::content_hash(one) == sdmae::content_hash(pattern(4, 6)));
  for (const sdmae::image8& different : {turned, other, reshaped})
    CHECK(sdmae::content_hash(one) != sdmae::content_hash(different));
  using pairs = std::vector<std::pair<index, index>>;
  CHECK(sdmae::duplicates({5, 7, 5}, {9, 5, 7, 5}) == pairs{{0, 1}, {1, 2}, {0, 3}});
  CHECK(sdmae::duplicates({1}, {2}).empty());
  CHECK(sdmae::repeats({5, 7, 5, 9, 7, 5}) == pairs{{0, 2}, {1, 4}, {0, 5}});
  CHECK(sdmae::repeats({5, 7}).empty());
}

}  // namespace
