// The backends on which gradients are checked.
#pragma once

#include "archetype_backend.hpp"
#include "catch.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"

using archetype_double = archetype_backend<double>;
using reference_double = sdmae::reference_backend<double>;
using eigen_double = sdmae::eigen_backend<double>;

// The same suite is compiled once more for the CUDA backend on an emulated device (tests/cuda).
#if defined(SDMAE_TEST_CUDA)
#include "cuda/backends.hpp"
using cuda_double = cuda_tests::backend<double>;
#define EVERY_BACKEND cuda_double
#else
#define EVERY_BACKEND reference_double, eigen_double, archetype_double
#endif
