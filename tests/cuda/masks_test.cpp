// Random numbers do not care who draws them: shuffles drawn by threads of the device are those of the CPU's masks.
#include <cstdint>
#include <vector>

#include "backends.hpp"
#include "catch.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/masking/random.hpp"

namespace {

/// One thread an image: the patches in the order drawn, [images, patches].
struct shuffled_patches {
  std::int32_t* order;
  sdmae::index patches;
  std::uint64_t seed, epoch;
  SDMAE_HOST_DEVICE void operator()(sdmae::index image, sdmae::index) const {
    std::int32_t* const of_image = order + image * patches;
    for (sdmae::index p = 0; p < patches; ++p) of_image[p] = static_cast<std::int32_t>(p);
    sdmae::random_sequence numbers(seed, sdmae::stream::mask, epoch, static_cast<std::uint64_t>(image));
    sdmae::shuffle(of_image, patches, numbers);
  }
};

/// One thread a number: uniform, and below a bound that is no power of two.
struct numbers_of_each {
  double* uniform;
  std::uint32_t* below;
  SDMAE_HOST_DEVICE void operator()(sdmae::index i, sdmae::index) const {
    sdmae::random_sequence numbers(std::uint64_t(i) << 31, sdmae::stream::test, std::uint64_t(i), 5);
    uniform[i] = numbers.uniform(-2, 3);
    below[i] = numbers.below(3000000001u);
  }
};

}  // namespace

TEST_CASE("masks drawn on the device are the CPU's, bit for bit, in both roundings") {
  constexpr sdmae::index images = 9;
  for (const sdmae::index side : {4, 7, 14}) {
    const sdmae::index patches = side * side;
    cuda_tests::backend<float> gpu;
    auto memory = gpu.allocate(std::size_t(images * patches) * sizeof(std::int32_t));
    auto* const there = reinterpret_cast<std::int32_t*>(memory.data());
    gpu.map(images, 1, shuffled_patches{there, patches, 0x123456789abcdefull, 11});
    std::vector<std::int32_t> got(std::size_t(images * patches)), want(got.size());
    gpu.copy_out(got.data(), there, sdmae::index(got.size()));
    gpu.synchronise();
    for (const auto& mask : {sdmae::masking::he_et_al(0.75), sdmae::masking::random{.ratio = 0.6}}) {
      for (sdmae::index i = 0; i < images; ++i) {
        mask.draw({.grid_height = side,
                   .grid_width = side,
                   .seed = 0x123456789abcdefull,
                   .epoch = 11,
                   .sample = std::uint64_t(i)},
                  want.data() + i * patches);
        if (mask.sorted) sdmae::masking::sort_parts(got.data() + i * patches, patches, mask.visible(patches));
      }
      CHECK(got == want);
    }
  }
}

TEST_CASE("numbers drawn on the device are the CPU's, bit for bit") {
  constexpr sdmae::index count = 1000;
  cuda_tests::backend<float> gpu;
  auto memory = gpu.allocate(count * (sizeof(double) + sizeof(std::uint32_t)));
  auto* const uniform = reinterpret_cast<double*>(memory.data());
  auto* const below = reinterpret_cast<std::uint32_t*>(uniform + count);
  gpu.map(count, 1, numbers_of_each{uniform, below});
  std::vector<double> got(count), want(count);
  std::vector<std::uint32_t> got_below(count), want_below(count);
  gpu.copy_out(got.data(), uniform, count);
  gpu.copy_out(got_below.data(), below, count);
  gpu.synchronise();
  for (sdmae::index i = 0; i < count; ++i) numbers_of_each{want.data(), want_below.data()}(i, 0);
  CHECK(got == want);
  CHECK(got_below == want_below);
}
