// A checkpoint of 224 × 224 images in models of 256 × 256 and 224 × 448, against timm with tables that PyTorch resized.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/model/features.hpp"
#include "sdmae/model/sd_mae.hpp"
#include "sdmae/train/checkpoint.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

constexpr vit_shape with_learned_positions(int width, int depth) {
  return {.width = width,
          .depth = depth,
          .heads = 2,
          .mlp_ratio = 2,
          .class_token = true,
          .positions = position_kind::learned};
}

template <int Height, int Width, class T>
struct resized {
  static constexpr image_shape image{.height = Height, .width = Width, .patch = 16};
  using architecture = sd_mae<image, with_learned_positions(16, 2), with_learned_positions(4, 1),
                              head_shape{.hidden = 4, .bottleneck = 3, .prototypes = 4}>;
  static constexpr sdmae::index count = 2;

  eigen_backend<T> cpu{{.threads = 2}};
  model<architecture, eigen_backend<T>> own = build<architecture>(cpu);

  load_report load() {
    std::vector<named_tensor> tensors;
    for (const parameter& row : own.table())
      tensors.push_back({std::string(row.name()),
                         {row.shape.extents.begin(), row.shape.extents.begin() + row.shape.rank},
                         row.count(),
                         {},
                         [this, &row](const float* in) { own.write(row, std::vector<T>(in, in + row.count())); },
                         {row.traits.grid_height, row.traits.grid_width}});
    return load_parameters(golden_file("interop/learned_224.safetensors"), tensors, {.missing = true});
  }

  /// The maker's `pattern`: tests/parity/python/golden_interop.py.
  static std::vector<T> pattern() {
    std::vector<T> images;
    for (int b = 0; b < count; ++b)
      for (int c = 0; c < 3; ++c)
        for (int y = 0; y < Height; ++y)
          for (int x = 0; x < Width; ++x)
            images.push_back(T((3 * y * y + 5 * x * y + 7 * x + 11 * c * (y + 1) + 40 * b) % 251 - 125) / T(64));
    return images;
  }

  double difference(pooling how, const std::string& answer) {
    const std::vector<double> wanted =
        safetensors_file(golden_file("interop/resized.safetensors")).read<double>(answer);
    const std::vector<T> images = pattern();
    array_batch<image, T> batch(images.data(), count);
    std::vector<T> got(wanted.size());
    feature_extractor<architecture, eigen_backend<T>, T> extract(own, count, how);
    extract(batch, got.data());
    double squares = 0, size = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      squares += (double(got[i]) - wanted[i]) * (double(got[i]) - wanted[i]);
      size += wanted[i] * wanted[i];
    }
    return std::sqrt(squares / size);
  }
};

template <int Height, int Width, class T>
void check(double tolerance, const std::vector<std::string>& reshaped) {
  resized<Height, Width, T> it;
  CHECK(it.load().reshaped == reshaped);
  const std::string size = std::to_string(Height) + "x" + std::to_string(Width);
  INFO(size);
  CHECK(it.difference(pooling::mean, size + ".mean") < tolerance);
  CHECK(it.difference(pooling::class_token, size + ".class") < tolerance);
}

template <class T>
void check_sizes(double tolerance) {
  check<224, 224, T>(tolerance, {});
  check<256, 256, T>(tolerance, {"encoder.pos_embed from 14x14 to 16x16 patches"});
  check<224, 448, T>(tolerance, {"encoder.pos_embed from 14x14 to 14x28 patches"});
}

}  // namespace

// Resized tables are rounded to float.
TEST_CASE("a checkpoint of another image size gives the features of timm with PyTorch's bicubic tables") {
  check_sizes<double>(1e-7);
  check_sizes<float>(2e-6);
}

#endif
