// Products by cuBLASLt. What it is asked once per shape (descriptors, the algorithm) is kept.
#pragma once

#include <cublasLt.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cuda/handles.hpp"

namespace sdmae {

/// What the products of a CUDA backend in float compute with. Weights, activations, sums, losses, norms and softmax
/// stay float; only the factors of products are rounded: to 10 bits of fraction (tf32) or 7 (bf16), on tensor cores. A
/// run-time value, because no kernel of ours depends on it: as a type it would have all of them compiled once more.
enum class precision { fp32, tf32, bf16 };

/// All of them, by the names that programs take.
inline constexpr std::array<std::pair<const char*, precision>, 3> precisions{
    {{"fp32", precision::fp32}, {"tf32", precision::tf32}, {"bf16", precision::bf16}}};

namespace cuda {

/// How cuBLASLt, which thinks in columns, sees a matrix: [rows, columns] with `leading` values from column to column,
/// or the transpose of such a matrix.
struct column_storage {
  bool transposed = false;
  index leading = 1;
};

/// Nothing where neither rows nor columns are dense. The stride of an extent of 1 does not matter.
inline std::optional<column_storage> find_column_storage(index rows, index columns, index row_stride,
                                                         index column_stride) {
  const bool dense_columns = row_stride == 1 || rows == 1, dense_rows = column_stride == 1 || columns == 1;
  const index column_leading = columns == 1 ? rows : column_stride, row_leading = rows == 1 ? columns : row_stride;
  if (dense_columns && column_leading >= rows) return column_storage{false, column_leading};
  if (dense_rows && row_leading >= columns) return column_storage{true, row_leading};
  return {};
}

/// D[m, n] = α·op(A)[m, k]·op(B)[k, n] (+ bias[m] in every column) + β·C[m, n], all in column storage; C has D's.
struct matmul_shape {
  index m, n, k, batch;
  column_storage a, b, d;
  index a_stride, b_stride, d_stride;    // from one product of a batch to the next
  bool biased, adds;                     // adds: β = 1, otherwise 0
  std::array<std::uint32_t, 4> aligned;  // bytes to which a, b, c, d are aligned

  auto key() const {
    return std::array<index, 20>{m,          n,          k,          batch,     a.transposed, a.leading, b.transposed,
                                 b.leading,  d.leading,  a_stride,   b_stride,  d_stride,     biased,    adds,
                                 aligned[0], aligned[1], aligned[2], aligned[3]};
  }
};

template <class T>
struct matmul_pointers {
  const T *a, *b, *c;
  T* d;
  const T* bias;
};

using matmul_description = unique_handle<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
using matrix_layout = unique_handle<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
using matmul_preference = unique_handle<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

template <class T>
constexpr cublasComputeType_t compute_type(precision chosen) {
  if (std::is_same_v<T, double>) return CUBLAS_COMPUTE_64F;
  return chosen == precision::bf16   ? CUBLAS_COMPUTE_32F_FAST_16BF
         : chosen == precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                     : CUBLAS_COMPUTE_32F;
}

template <class T>
class matmul_engine {
  static constexpr cudaDataType_t type = std::is_same_v<T, float> ? CUDA_R_32F : CUDA_R_64F;

 public:
  matmul_engine(std::size_t workspace_bytes, precision chosen)
      : handle_(make_lt_handle()), compute_(compute_type<T>(chosen)), workspace_bytes_(workspace_bytes) {}

  std::size_t workspace_bytes() const { return workspace_bytes_; }
  /// Free for others on the products' stream between two of them; nothing before use().
  device_workspace workspace() const { return {workspace_, workspace_ == nullptr ? 0 : workspace_bytes_}; }
  /// `workspace`: so many bytes of the device, at a 256-byte boundary, for all products from now on.
  void use(std::byte* workspace) { workspace_ = workspace; }

  /// False, and nothing done, when cuBLASLt has no algorithm for this shape.
  bool run(matmul_shape shape, T alpha, matmul_pointers<T> at, cudaStream_t where) {
    shape.aligned = {alignment_of(at.a), alignment_of(at.b), alignment_of(at.c), alignment_of(at.d)};
    const auto [found, is_new] = plans_.try_emplace(shape.key());
    plan& p = found->second;
    if (is_new) make(p, shape);
    if (!p.possible) return false;
    if (shape.biased) set(p.description.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, at.bias);
    const T beta = shape.adds ? T(1) : T(0);
    check(cublasLtMatmul(handle_.get(), p.description.get(), &alpha, at.a, p.a.get(), at.b, p.b.get(), &beta, at.c,
                         p.d.get(), at.d, p.d.get(), &p.chosen.algo, workspace_, workspace_bytes_, where),
          "cublasLtMatmul");
    return true;
  }

 private:
  struct plan {
    bool possible = false;
    matmul_description description;
    matrix_layout a, b, d;
    cublasLtMatmulHeuristicResult_t chosen{};
  };

  static std::uint32_t alignment_of(const void* memory) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    return static_cast<std::uint32_t>(std::min<std::uintptr_t>(address & (~address + 1), 256));
  }

  template <class Value>
  static void set(cublasLtMatmulDesc_t description, cublasLtMatmulDescAttributes_t what, const Value& value) {
    check(cublasLtMatmulDescSetAttribute(description, what, &value, sizeof(value)), "cublasLtMatmulDescSetAttribute");
  }
  template <class Value>
  static void prefer(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t what,
                     const Value& value) {
    check(cublasLtMatmulPreferenceSetAttribute(preference, what, &value, sizeof(value)),
          "cublasLtMatmulPreferenceSetAttribute");
  }

  void make(plan& p, const matmul_shape& s) {
    p.description = describe(s);
    p.a = lay_out(s.a.transposed ? s.k : s.m, s.a.transposed ? s.m : s.k, s.a.leading, s.batch, s.a_stride);
    p.b = lay_out(s.b.transposed ? s.n : s.k, s.b.transposed ? s.k : s.n, s.b.leading, s.batch, s.b_stride);
    p.d = lay_out(s.m, s.n, s.d.leading, s.batch, s.d_stride);
    const matmul_preference preference = preferences(s);
    int count = 0;
    const cublasStatus_t status =
        cublasLtMatmulAlgoGetHeuristic(handle_.get(), p.description.get(), p.a.get(), p.b.get(), p.d.get(), p.d.get(),
                                       preference.get(), 1, &p.chosen, &count);
    if (status != CUBLAS_STATUS_NOT_SUPPORTED) check(status, "cublasLtMatmulAlgoGetHeuristic");
    p.possible = status == CUBLAS_STATUS_SUCCESS && count > 0 && p.chosen.state == CUBLAS_STATUS_SUCCESS;
  }

  matmul_description describe(const matmul_shape& s) const {
    cublasLtMatmulDesc_t made = nullptr;
    check(cublasLtMatmulDescCreate(&made, compute_, type), "cublasLtMatmulDescCreate");
    matmul_description description(made);
    const auto operation = [](bool transposed) { return transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
    set(made, CUBLASLT_MATMUL_DESC_TRANSA, operation(s.a.transposed));
    set(made, CUBLASLT_MATMUL_DESC_TRANSB, operation(s.b.transposed));
    set(made, CUBLASLT_MATMUL_DESC_EPILOGUE, s.biased ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT);
    return description;
  }

  static matrix_layout lay_out(index rows, index columns, index leading, index batch, index stride) {
    cublasLtMatrixLayout_t made = nullptr;
    check(cublasLtMatrixLayoutCreate(&made, type, std::uint64_t(rows), std::uint64_t(columns), leading),
          "cublasLtMatrixLayoutCreate");
    matrix_layout layout(made);
    const std::int32_t count = static_cast<std::int32_t>(batch);
    const std::int64_t offset = stride;
    check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof(count)),
          "cublasLtMatrixLayoutSetAttribute");
    check(cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &offset, sizeof(offset)),
          "cublasLtMatrixLayoutSetAttribute");
    return layout;
  }

  matmul_preference preferences(const matmul_shape& s) const {
    cublasLtMatmulPreference_t made = nullptr;
    check(cublasLtMatmulPreferenceCreate(&made), "cublasLtMatmulPreferenceCreate");
    matmul_preference preference(made);
    prefer(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t(workspace_bytes_));
    // Not in place, where blocks add to the result in the order in which they come.
    prefer(made, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
           std::uint32_t(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE | CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE));
    prefer(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, s.aligned[0]);
    prefer(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, s.aligned[1]);
    prefer(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, s.aligned[2]);
    prefer(made, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, s.aligned[3]);
    return preference;
  }

  lt_handle handle_;
  cublasComputeType_t compute_;
  std::size_t workspace_bytes_;
  std::byte* workspace_ = nullptr;
  std::map<decltype(matmul_shape{}.key()), plan> plans_;
};

}  // namespace cuda
}  // namespace sdmae
