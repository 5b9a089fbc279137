// Operations of a backend, one by one, on the shapes of the released presets: slices of four images, 60 % hidden.
// Products report their floating-point operations a second. --benchmark_filter=… chooses, --benchmark_list_tests lists.
#include "backend_rows.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"

namespace bench {
void declare_cuda();  // backend_cuda.cu
}

int main(int argc, char** argv) {
  using namespace sdmae;
  bench::declare<eigen_backend<float>>("eigen_float");
  bench::declare<eigen_backend<double>>("eigen_double");
  bench::declare<reference_backend<float>>("reference_float");
#if defined(BENCH_CUDA)
  bench::declare_cuda();
#endif
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
