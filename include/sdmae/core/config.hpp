// Version and the few macros of the library. Every macro that users can see is defined in this header.
#pragma once

#include <cstddef>
#include <cstdint>

#define SDMAE_VERSION_MAJOR 0
#define SDMAE_VERSION_MINOR 1
#define SDMAE_VERSION_PATCH 0
#define SDMAE_VERSION "0.1.0"

// Marks what device code may call. An ordinary compiler sees nothing; nvcc sees both sides.
#if defined(__CUDACC__)
#define SDMAE_HOST_DEVICE __host__ __device__
#else
#define SDMAE_HOST_DEVICE
#endif

// Marks the element functions given to a backend's map and reductions. nvcc accepts such lambdas only with
// --extended-lambda; without it the rooms below the backend still compile, for the host. For the device alone: a lambda
// for both sides is a handle with functions that copy it, which each object file keeps to itself, and templates that
// several of them share would then copy with another's.
#if defined(__CUDACC_EXTENDED_LAMBDA__)
#define SDMAE_ELEMENT __device__
#else
#define SDMAE_ELEMENT
#endif

// Eigen stays on the host's side.
#if defined(__CUDACC__) && !defined(EIGEN_NO_CUDA)
#define EIGEN_NO_CUDA
#endif

// Before a loop whose iterations touch different elements: the compiler need not prove it.
#if defined(__clang__)
#define SDMAE_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define SDMAE_INDEPENDENT _Pragma("GCC ivdep")
#else
#define SDMAE_INDEPENDENT
#endif

// Before a loop of known length on the CPU, of at most 16 turns: arrays that it indexes can then stay in registers.
// nvcc's reader of host code does not know the pragma.
#if defined(__GNUC__) && !defined(__CUDACC__)
#define SDMAE_UNROLL_ON_HOST _Pragma("GCC unroll 16")
#else
#define SDMAE_UNROLL_ON_HOST
#endif

// The same in a kernel.
#if defined(__CUDACC__)
#define SDMAE_UNROLL _Pragma("unroll")
#else
#define SDMAE_UNROLL
#endif

// Before a loop of a kernel that is long enough: unrolled further, it would take more registers than there are.
#if defined(__CUDACC__)
#define SDMAE_KEEP_LOOP _Pragma("unroll 1")
#else
#define SDMAE_KEEP_LOOP
#endif

// A function of one element: a loop around it is made of vectors only where it is inlined, and a compiler that has
// grown tired of inlining makes it several times slower.
#if defined(__GNUC__)
#define SDMAE_ALWAYS_INLINE __attribute__((always_inline)) inline
#else
#define SDMAE_ALWAYS_INLINE inline
#endif

namespace sdmae {

// Sizes and positions are signed: differences of them are meaningful and loops count down safely.
using index = std::ptrdiff_t;

}  // namespace sdmae
