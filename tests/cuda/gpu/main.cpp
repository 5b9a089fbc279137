// Runs a suite where there is a GPU; elsewhere says so, with the code that counts as skipped.
#define CATCH_CONFIG_RUNNER
#include <cuda_runtime_api.h>

#include <cstdio>

#include "catch.hpp"

int main(int argc, char** argv) {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("check skipped: this machine has no GPU that the CUDA runtime can use");
    return 77;
  }
  return Catch::Session().run(argc, argv);
}
