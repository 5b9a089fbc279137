// cuBLASLt over Eigen: products of column-stored matrices, with the checks that the library documents and those that it
// leaves to luck (memory behind the matrices, an algorithm found for another shape).
#include <cublasLt.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>

#include "cuda_emulation/emulation.hpp"
#include "cuda_emulation/memory.hpp"
#include "cuda_emulation/runtime.hpp"

using namespace cuda_emulation;

namespace {

struct description {
  cublasComputeType_t compute;
  cudaDataType_t scale;
  std::int32_t transposed_a = CUBLAS_OP_N, transposed_b = CUBLAS_OP_N;
  std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
  const void* bias = nullptr;
};
struct layout {
  cudaDataType_t type;
  std::uint64_t rows, columns;
  std::int64_t leading, offset = 0;
  std::int32_t batch = 1;
};
struct preference {
  std::uint64_t workspace = 0;
  std::uint32_t reductions = CUBLASLT_REDUCTION_SCHEME_MASK, aligned[4] = {256, 256, 256, 256};
};

template <class To, class Opaque>
To& as(Opaque* opaque) {
  return *reinterpret_cast<To*>(opaque);
}

/// What an algorithm is good for.
struct algorithm {
  std::uint64_t problem;
  std::uint64_t workspace;
  std::uint32_t aligned[4];
};
static_assert(sizeof(algorithm) <= sizeof(cublasLtMatmulAlgo_t));

std::uint64_t hash(std::initializer_list<std::int64_t> numbers) {
  std::uint64_t h = 14695981039346656037ull;
  for (const std::int64_t n : numbers) h = (h ^ static_cast<std::uint64_t>(n)) * 1099511628211ull;
  return h;
}
std::uint64_t problem_of(const description& op, const layout& a, const layout& b, const layout& c, const layout& d) {
  std::uint64_t h = hash({op.compute, op.scale, op.transposed_a, op.transposed_b, op.epilogue});
  for (const layout* m : {&a, &b, &c, &d})
    h = hash(
        {std::int64_t(h), m->type, std::int64_t(m->rows), std::int64_t(m->columns), m->leading, m->offset, m->batch});
  return h;
}

std::size_t size_of(cudaDataType_t type) { return type == CUDA_R_64F ? 8 : 4; }

cublasStatus_t refused(const std::string& why, cublasStatus_t status = CUBLAS_STATUS_INVALID_VALUE) {
  return refuse(status, "cublasLtMatmul", why);
}

/// Shapes that do not fit each other; "" when they do.
std::string mismatch(const description& op, const layout& a, const layout& b, const layout& c, const layout& d) {
  const auto m = op.transposed_a == CUBLAS_OP_N ? a.rows : a.columns,
             k = op.transposed_a == CUBLAS_OP_N ? a.columns : a.rows;
  const auto kb = op.transposed_b == CUBLAS_OP_N ? b.rows : b.columns,
             n = op.transposed_b == CUBLAS_OP_N ? b.columns : b.rows;
  if (k != kb) return "depths of A and B differ";
  if (d.rows != m || d.columns != n || c.rows != m || c.columns != n) return "C or D has another shape than A·B";
  if (m == 0 || n == 0 || k == 0) return "an extent of 0";
  for (const layout* each : {&a, &b, &c, &d}) {
    if (each->leading < std::int64_t(each->rows)) return "leading dimension smaller than the number of rows";
    if (each->batch != d.batch || each->batch < 1) return "batch counts differ";
    if (each->type != d.type) return "types differ";
  }
  if (d.batch > 1 && d.offset < d.leading * std::int64_t(d.columns - 1) + std::int64_t(d.rows) &&
      d.leading < d.offset * d.batch)
    return "matrices of D overlap";
  const bool wide = op.compute == CUBLAS_COMPUTE_64F;
  if (op.scale != (wide ? CUDA_R_64F : CUDA_R_32F) || d.type != op.scale)
    return "compute, scale and matrix types differ";
  if (op.epilogue != CUBLASLT_EPILOGUE_DEFAULT && op.epilogue != CUBLASLT_EPILOGUE_BIAS) return "epilogue not emulated";
  return "";
}

std::string trouble_of_matrix(const char* name, const void* data, const layout& m) {
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(m.type) != 0) return std::string(name) + " is not aligned";
  const std::int64_t values = m.offset * (m.batch - 1) + m.leading * std::int64_t(m.columns - 1) + std::int64_t(m.rows);
  const std::string trouble =
      device_memory::get().trouble_with(data, static_cast<std::size_t>(values) * size_of(m.type));
  return trouble.empty() ? "" : std::string(name) + " " + trouble;
}

/// A factor as tensor cores read it: `bits` of fraction kept, to nearest, ties to even.
float rounded(float value, int bits) {
  std::uint32_t word;
  std::memcpy(&word, &value, 4);
  const int dropped = 23 - bits;
  word += ((word >> dropped) & 1) + (1u << (dropped - 1)) - 1;
  word &= ~((1u << dropped) - 1);
  std::memcpy(&value, &word, 4);
  return value;
}
double rounded(double value, int) { return value; }

template <class T>
void multiply(const description& op, T alpha, const T* a, const layout& la, const T* b, const layout& lb, T beta,
              const T* c, const layout& lc, T* d, const layout& ld) {
  using matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  using view = Eigen::Map<const matrix, 0, Eigen::OuterStride<>>;
  const auto cut = [](const T* data, const layout& l, std::int64_t i) {
    return view(data + i * l.offset, Eigen::Index(l.rows), Eigen::Index(l.columns), Eigen::OuterStride<>(l.leading));
  };
  const int bits = op.compute == CUBLAS_COMPUTE_32F_FAST_TF32   ? 10
                   : op.compute == CUBLAS_COMPUTE_32F_FAST_16BF ? 7
                                                                : 23;
  const auto factor = [bits](matrix values, std::int32_t transposed) -> matrix {
    if (bits < 23) values = values.unaryExpr([bits](T v) { return rounded(v, bits); }).eval();
    if (transposed == CUBLAS_OP_T) return values.transpose();
    return values;
  };
  for (std::int64_t i = 0; i < ld.batch; ++i) {
    matrix result = alpha * (factor(cut(a, la, i), op.transposed_a) * factor(cut(b, lb, i), op.transposed_b));
    if (op.epilogue == CUBLASLT_EPILOGUE_BIAS)
      result.colwise() +=
          Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, 1>>(static_cast<const T*>(op.bias), Eigen::Index(ld.rows));
    if (beta != T(0)) result += beta * cut(c, lc, i);
    for (std::uint64_t column = 0; column < ld.columns; ++column)
      std::memcpy(d + i * ld.offset + std::int64_t(column) * ld.leading, result.col(Eigen::Index(column)).data(),
                  ld.rows * sizeof(T));
  }
}

}  // namespace

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  count_handle("cuBLASLt handles", 1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  count_handle("cuBLASLt handles", -1);
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasLtGetStatusName(cublasStatus_t status) {
  return status == CUBLAS_STATUS_INVALID_VALUE ? "CUBLAS_STATUS_INVALID_VALUE" : "CUBLAS_STATUS";
}
const char* cublasLtGetStatusString(cublasStatus_t) { return "an error of the emulated cuBLASLt"; }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* made, cublasComputeType_t compute, cudaDataType_t scale) {
  *made = reinterpret_cast<cublasLtMatmulDesc_t>(new description{compute, scale});
  count_handle("cuBLASLt descriptors", 1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t op) {
  delete &as<description>(op);
  count_handle("cuBLASLt descriptors", -1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t op, cublasLtMatmulDescAttributes_t what,
                                              const void* value, std::size_t bytes) {
  description& d = as<description>(op);
  void* const to = what == CUBLASLT_MATMUL_DESC_TRANSA         ? static_cast<void*>(&d.transposed_a)
                   : what == CUBLASLT_MATMUL_DESC_TRANSB       ? static_cast<void*>(&d.transposed_b)
                   : what == CUBLASLT_MATMUL_DESC_EPILOGUE     ? static_cast<void*>(&d.epilogue)
                   : what == CUBLASLT_MATMUL_DESC_BIAS_POINTER ? static_cast<void*>(&d.bias)
                                                               : nullptr;
  if (to == nullptr || bytes != (what == CUBLASLT_MATMUL_DESC_BIAS_POINTER ? 8 : 4))
    return refused("attribute of a description: unknown, or of another size");
  std::memcpy(to, value, bytes);
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* made, cudaDataType type, std::uint64_t rows,
                                          std::uint64_t columns, std::int64_t leading) {
  *made = reinterpret_cast<cublasLtMatrixLayout_t>(new layout{type, rows, columns, leading});
  count_handle("cuBLASLt layouts", 1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t m) {
  delete &as<layout>(m);
  count_handle("cuBLASLt layouts", -1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t m, cublasLtMatrixLayoutAttribute_t what,
                                                const void* value, std::size_t bytes) {
  layout& l = as<layout>(m);
  if (what == CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT && bytes == 4)
    std::memcpy(&l.batch, value, 4);
  else if (what == CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET && bytes == 8)
    std::memcpy(&l.offset, value, 8);
  else
    return refused("attribute of a layout: unknown, or of another size");
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* made) {
  *made = reinterpret_cast<cublasLtMatmulPreference_t>(new preference);
  count_handle("cuBLASLt preferences", 1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t p) {
  delete &as<preference>(p);
  count_handle("cuBLASLt preferences", -1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t of,
                                                    cublasLtMatmulPreferenceAttributes_t what, const void* value,
                                                    std::size_t bytes) {
  preference& p = as<preference>(of);
  if (what == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES && bytes == 8) {
    std::memcpy(&p.workspace, value, 8);
  } else if (what == CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK && bytes == 4) {
    std::memcpy(&p.reductions, value, 4);
  } else if (what >= CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES && what <= CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES &&
             bytes == 4) {
    std::memcpy(&p.aligned[what - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES], value, 4);
  } else {
    return refused("attribute of a preference: unknown, or of another size");
  }
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t op, cublasLtMatrixLayout_t a,
                                              cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
                                              cublasLtMatrixLayout_t d, cublasLtMatmulPreference_t chosen, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[], int* found) {
  *found = 0;
  const description& o = as<description>(op);
  const std::string wrong = mismatch(o, as<layout>(a), as<layout>(b), as<layout>(c), as<layout>(d));
  if (!wrong.empty()) return refused(wrong);
  const preference& p = as<preference>(chosen);
  if ((p.reductions & CUBLASLT_REDUCTION_SCHEME_INPLACE) != 0)
    report("cublasLtMatmul: sums in no fixed order are allowed");
  if (wanted < 1) return CUBLAS_STATUS_INVALID_VALUE;
  algorithm made{problem_of(o, as<layout>(a), as<layout>(b), as<layout>(c), as<layout>(d)), p.workspace, {}};
  std::memcpy(made.aligned, p.aligned, sizeof(made.aligned));
  results[0] = {};
  std::memcpy(&results[0].algo, &made, sizeof(made));
  results[0].state = CUBLAS_STATUS_SUCCESS;
  results[0].workspaceSize = p.workspace;
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t op, const void* alpha, const void* a,
                              cublasLtMatrixLayout_t la, const void* b, cublasLtMatrixLayout_t lb, const void* beta,
                              const void* c, cublasLtMatrixLayout_t lc, void* d, cublasLtMatrixLayout_t ld,
                              const cublasLtMatmulAlgo_t* algo, void* workspace, std::size_t workspace_bytes,
                              cudaStream_t stream) {
  const description o = as<description>(op);
  const layout of_a = as<layout>(la), of_b = as<layout>(lb), of_c = as<layout>(lc), of_d = as<layout>(ld);
  std::string wrong = mismatch(o, of_a, of_b, of_c, of_d);
  if (!wrong.empty()) return refused(wrong);
  algorithm chosen;
  std::memcpy(&chosen, algo, sizeof(chosen));
  if (chosen.problem != problem_of(o, of_a, of_b, of_c, of_d))
    return refused("the algorithm was found for another problem");
  if (chosen.workspace > workspace_bytes)
    return refused("the workspace is smaller than what the algorithm was promised");
  if (workspace_bytes > 0) wrong = device_memory::get().trouble_with(workspace, workspace_bytes);
  if (!wrong.empty()) return refused("the workspace " + wrong);
  const void* const pointers[4] = {a, b, c, d};
  const layout* const layouts[4] = {&of_a, &of_b, &of_c, &of_d};
  const char* const names[4] = {"A", "B", "C", "D"};
  const bool wide = o.scale == CUDA_R_64F;
  const bool reads_c = wide ? *static_cast<const double*>(beta) != 0 : *static_cast<const float*>(beta) != 0;
  for (int i = 0; i < 4; ++i) {
    if (i == 2 && !reads_c) continue;
    wrong = trouble_of_matrix(names[i], pointers[i], *layouts[i]);
    if (wrong.empty() && reinterpret_cast<std::uintptr_t>(pointers[i]) % chosen.aligned[i] != 0)
      wrong = std::string(names[i]) + " is less aligned than the algorithm was promised";
    if (!wrong.empty()) return refused(wrong);
  }
  if (o.epilogue == CUBLASLT_EPILOGUE_BIAS)
    wrong = device_memory::get().trouble_with(o.bias, of_d.rows * size_of(of_d.type));
  if (!wrong.empty()) return refused("the bias " + wrong);
  const auto work = [=](auto scalar) {
    using T = decltype(scalar);
    const T times = *static_cast<const T*>(alpha), keeps = *static_cast<const T*>(beta);
    return std::function<bool()>([=] {
      ++mutable_counts().products;
      device_memory::get().open();
      // A real one may write anything there.
      if (workspace_bytes > 0) std::memset(workspace, 0xFF, std::min<std::size_t>(workspace_bytes, 4096));
      multiply<T>(o, times, static_cast<const T*>(a), of_a, static_cast<const T*>(b), of_b, keeps,
                  static_cast<const T*>(c), of_c, static_cast<T*>(d), of_d);
      return true;
    });
  };
  return enqueue(stream, wide ? work(0.0) : work(0.0f)) == cudaSuccess ? CUBLAS_STATUS_SUCCESS
                                                                       : CUBLAS_STATUS_EXECUTION_FAILED;
}
