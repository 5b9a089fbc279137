// The CUDA backends that tests use: little memory beside the data, so that an emulated device has little to look after.
#pragma once

#include "sdmae/backend/cuda.cuh"

namespace cuda_tests {

template <class T>
class backend : public sdmae::cuda_backend<T> {
 public:
  explicit backend(sdmae::precision precision = sdmae::precision::fp32)
      : sdmae::cuda_backend<T>({.precision = precision, .product_workspace = 4096, .staging = 8192}) {}
};

}  // namespace cuda_tests
