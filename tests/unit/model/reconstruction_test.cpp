// Pictures of what a model paints, and the losses told with them.
#include "sdmae/model/reconstruction.hpp"

#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/texture.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

using namespace sdmae;

namespace {

constexpr sdmae::index count = 3, N = tiny::image.patches(), side = tiny::image.patch;
constexpr std::uint64_t seed = 9;
const masking::random mask{.ratio = 0.6};
using bytes = std::vector<std::uint8_t>;

struct untrained {
  eigen_backend<double> cpu{{.threads = 2}};
  model<tiny::architecture, eigen_backend<double>> its = build<tiny::architecture>(cpu, {.seed = 5});

  template <class Target>
  reconstruction_images pictures(const bytes& images) {
    tiny::held_pictures batch(images);
    return reconstruct<Target>(its, mask, seed, batch, 2);
  }
};

/// f(image, patch, pixel's place in [count, H, W, C], channel)
template <class F>
void every_value(F f) {
  for (sdmae::index i = 0; i < count; ++i)
    for (sdmae::index y = 0; y < tiny::image.height; ++y)
      for (sdmae::index x = 0; x < tiny::image.width; ++x)
        for (std::size_t c = 0; c < 3; ++c) {
          const sdmae::index at = ((i * tiny::image.height + y) * tiny::image.width + x) * 3;
          f(i, y / side * tiny::image.grid_width() + x / side, static_cast<std::size_t>(at) + c, c);
        }
}

bool is_rounded(std::uint8_t byte, double value) { return std::fabs(byte - value) < 0.5 + 1e-9; }

bytes flat() {
  bytes pixels;
  for (sdmae::index i = 0; i < count * tiny::image.values(); ++i)
    pixels.push_back(static_cast<std::uint8_t>(90 + 30 * (i % 3)));
  return pixels;
}

}  // namespace

TEMPLATE_TEST_CASE("the loss of a picture is that of training", "", loss::target::patch_channel, loss::target::patch,
                   loss::target::unit, loss::target::input, loss::target::texture) {
  untrained by;
  const bytes images = tiny::pictures(count);
  const reconstruction_images seen = by.pictures<TestType>(images);
  pretrainer train(by.its, mask, 1.0 * loss::reconstruction<TestType>{}, adamw{.learning_rate = 0}, {.seed = seed});
  array_batch<tiny::image, std::uint8_t> batch(images.data(), count);
  CHECK(seen.predicted_loss == Approx(train.step(batch).terms[0].value).epsilon(1e-10));
  CHECK(seen.original == images);
  CHECK(seen.predicted != seen.baseline);
  every_value([&](sdmae::index, sdmae::index, std::size_t at, std::size_t) {
    const bool hidden = seen.painted[at] != 160 || seen.masked[at] != images[at];
    CHECK(seen.predicted[at] == (hidden ? seen.painted[at] : images[at]));
    if (!hidden) CHECK(seen.baseline[at] == images[at]);
  });
}

TEMPLATE_TEST_CASE("of one color everything is known without learning", "", loss::target::unit, loss::target::input,
                   loss::target::texture) {
  const reconstruction_images seen = untrained{}.pictures<TestType>(flat());
  CHECK(seen.baseline_loss < 1e-20);
  CHECK(seen.baseline == flat());
  CHECK(seen.predicted_loss > 0.01);
}

TEST_CASE("patches whose mean is taken out are painted in their mean where nothing is known") {
  const bytes images = tiny::pictures(count);
  const reconstruction_images seen = untrained{}.pictures<loss::target::patch_channel>(images);
  CHECK(seen.baseline_name == std::string("predicting zero (patch means)"));
  CHECK(seen.baseline_loss == Approx(63.0 / 64).epsilon(1e-3));  // of 8 x 8 pixels of unit variance, unbiased
  std::array<std::array<double, 3>, count * N> mean{};
  const auto of = [&](sdmae::index i, sdmae::index patch) -> std::array<double, 3>& {
    return mean[static_cast<std::size_t>(i * N + patch)];
  };
  every_value([&](sdmae::index i, sdmae::index patch, std::size_t at, std::size_t c) {
    of(i, patch)[c] += images[at] / double(side * side);
  });
  every_value([&](sdmae::index i, sdmae::index patch, std::size_t at, std::size_t c) {
    if (seen.masked[at] == 160 && images[at] != 160) CHECK(is_rounded(seen.baseline[at], of(i, patch)[c]));
  });
  // He et al.'s mean is that of all channels, each by its own statistics: the same normalised value for every pixel.
  const reconstruction_images whole = untrained{}.pictures<loss::target::patch>(images);
  const channel_statistics<3> statistics = default_statistics<3>();
  every_value([&](sdmae::index i, sdmae::index patch, std::size_t at, std::size_t c) {
    if (whole.masked[at] != 160 || images[at] == 160) return;
    double value = 0;
    for (std::size_t k = 0; k < 3; ++k)
      value += (of(i, patch)[k] / 255 - statistics.mean[k]) / statistics.deviation[k] / 3;
    CHECK(is_rounded(whole.baseline[at], 255 * (value * statistics.deviation[c] + statistics.mean[c])));
  });
}

TEST_CASE("what is known without learning is the mean color of what is visible") {
  const bytes images = tiny::pictures(count);
  const reconstruction_images seen = untrained{}.pictures<loss::target::unit>(images);
  CHECK(seen.baseline_name == std::string("mean of what is visible"));
  // Hidden where the masked picture is grey all over.
  std::array<std::array<bool, N>, count> hidden;
  for (auto& each : hidden) each.fill(true);
  const auto is_hidden = [&](sdmae::index i, sdmae::index patch) -> bool& {
    return hidden[static_cast<std::size_t>(i)][static_cast<std::size_t>(patch)];
  };
  every_value([&](sdmae::index i, sdmae::index patch, std::size_t at, std::size_t) {
    if (seen.masked[at] != 160) is_hidden(i, patch) = false;
  });
  std::array<std::array<double, 3>, count> mean{};
  const double visible = double(side * side * masking::visible_patches(mask, N));
  every_value([&](sdmae::index i, sdmae::index patch, std::size_t at, std::size_t c) {
    if (!is_hidden(i, patch)) mean[static_cast<std::size_t>(i)][c] += images[at] / 255.0 / visible;
  });
  double squares = 0, values = 0;
  every_value([&](sdmae::index i, sdmae::index patch, std::size_t at, std::size_t c) {
    if (!is_hidden(i, patch)) return;
    const double known = mean[static_cast<std::size_t>(i)][c];
    squares += std::pow(images[at] / 255.0 - known, 2);
    ++values;
    CHECK(is_rounded(seen.baseline[at], 255 * known));
  });
  CHECK(seen.baseline_loss == Approx(squares / values).epsilon(1e-10));
}
