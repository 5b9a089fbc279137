// The rows of the CUDA backend, in each precision of its products. An iteration waits for the device.
#include "backend_rows.hpp"
#include "sdmae/backend/cuda.cuh"

namespace {

struct fp32_backend : sdmae::cuda_backend<float> {};
struct tf32_backend : sdmae::cuda_backend<float> {
  tf32_backend() : cuda_backend({.precision = sdmae::precision::tf32}) {}
};
struct bf16_backend : sdmae::cuda_backend<float> {
  bf16_backend() : cuda_backend({.precision = sdmae::precision::bf16}) {}
};

}  // namespace

namespace bench {

void declare_cuda();
void declare_cuda() {
  declare<fp32_backend>("cuda_fp32");
  declare<tf32_backend>("cuda_tf32");
  declare<bf16_backend>("cuda_bf16");
}

}  // namespace bench
