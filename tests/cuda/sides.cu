// Which side an element function is for: what nvcc must take, and, with a macro each, what it must refuse.
#include "sdmae/backend/cuda.cuh"
#include "sdmae/backend/reference.hpp"

namespace {

struct sets_one {
  double* to;
  SDMAE_HOST_DEVICE void operator()(sdmae::index r, sdmae::index) const { to[r] = 1; }
};

}  // namespace

void elements(sdmae::reference_backend<double>& host, sdmae::cuda_backend<double>& device, double* to) {
  using index = sdmae::index;
  host.map(4, 1, sets_one{to});
  device.map(4, 1, sets_one{to});
  device.map(4, 1, [=] SDMAE_ELEMENT(index r, index) { to[r] = 2; });
#if defined(HOST_MAP)
  host.map(4, 1, [=] SDMAE_ELEMENT(index r, index) { to[r] = 2; });
#elif defined(HOST_SUM)
  host.reduce_columns(to, 4, 1, [=] SDMAE_ELEMENT(index r, index) { return to[r]; });
#elif defined(BOTH_SIDES)
  device.map(4, 1, [=] __host__ __device__(index r, index) { to[r] = 2; });
#endif
}
