// Our encoder and timm's, with the same weights, on the same images.
#if defined(SDMAE_TEST_HAS_checkpoint)

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/model/features.hpp"
#include "tiny.hpp"
#include "unit/io/test_files.hpp"

using namespace sdmae;

namespace {

template <class T>
double difference_from_timm() {
  eigen_backend<T> cpu({.threads = 2});
  auto model = build<tiny::architecture>(cpu);
  const safetensors_file weights(golden_file("tiny/init.safetensors")), inputs(golden_file("tiny/inputs.safetensors"));
  for (const parameter& row : model.table()) model.write(row, weights.read<T>(std::string(row.name())));
  const std::vector<T> images = inputs.read<T>("images");
  const safetensors_file answers(golden_file("interop/timm.safetensors"));
  const std::vector<double> wanted = answers.read<double>("tiny");
  const sdmae::index count = answers.info("tiny").shape[0];
  array_batch<tiny::image, T> batch(images.data(), count);
  std::vector<T> got(wanted.size());
  feature_extractor<tiny::architecture, eigen_backend<T>, T> extract(model);
  extract(batch, got.data());
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    difference += (double(got[i]) - wanted[i]) * (double(got[i]) - wanted[i]);
    size += wanted[i] * wanted[i];
  }
  return std::sqrt(difference / size);
}

}  // namespace

// The position table that timm was given is rounded to float.
TEST_CASE("features of the same weights are timm's") {
  CHECK(difference_from_timm<double>() < 1e-7);
  CHECK(difference_from_timm<float>() < 1e-6);
}

#endif
