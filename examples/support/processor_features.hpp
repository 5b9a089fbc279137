// The instruction sets that a program may have been compiled for. No code: included by two files that are compiled for
// different processors.
#pragma once

// X(name as the compiler's run-time check knows it, macro that is 1 where the compiler may use it)
#define PROGRAM_PROCESSOR_FEATURES(X) \
  X("sse3", __SSE3__)                 \
  X("ssse3", __SSSE3__)               \
  X("sse4.1", __SSE4_1__)             \
  X("sse4.2", __SSE4_2__)             \
  X("popcnt", __POPCNT__)             \
  X("avx", __AVX__)                   \
  X("avx2", __AVX2__)                 \
  X("fma", __FMA__)                   \
  X("bmi", __BMI__)                   \
  X("bmi2", __BMI2__)                 \
  X("sse4a", __SSE4A__)               \
  X("fma4", __FMA4__)                 \
  X("xop", __XOP__)                   \
  X("avx512f", __AVX512F__)           \
  X("avx512cd", __AVX512CD__)         \
  X("avx512vl", __AVX512VL__)         \
  X("avx512bw", __AVX512BW__)         \
  X("avx512dq", __AVX512DQ__)         \
  X("avx512vbmi", __AVX512VBMI__)     \
  X("avx512vnni", __AVX512VNNI__)     \
  X("avx512bf16", __AVX512BF16__)

/// One entry a feature, in the order above: was the program compiled for it?
extern "C" const bool program_needs_feature[];
