// The CUDA backends that tests use: on an emulated device with little memory beside the data, for it looks after all of
// it; on a real one as a user has them.
#pragma once

#include "sdmae/backend/cuda.cuh"

namespace cuda_tests {

template <class T>
class backend : public sdmae::cuda_backend<T> {
 public:
  explicit backend(sdmae::precision precision = sdmae::precision::fp32)
#if defined(__CUDACC__)
      : sdmae::cuda_backend<T>({.precision = precision}) {
  }
#else
      : sdmae::cuda_backend<T>({.precision = precision, .product_workspace = 4096, .staging = 8192}) {
  }
#endif
};

}  // namespace cuda_tests
