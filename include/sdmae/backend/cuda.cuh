// The CUDA backend: products by cuBLASLt, everything else by kernels of our own. A unit that includes it is compiled by
// nvcc, with --extended-lambda and --expt-relaxed-constexpr.
#pragma once

#if defined(__CUDACC__) && !(defined(__CUDACC_EXTENDED_LAMBDA__) && defined(__CUDACC_RELAXED_CONSTEXPR__))
#error "sdmae: compile files that include sdmae/backend/cuda.cuh with --extended-lambda --expt-relaxed-constexpr"
#endif

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cuda/adamw.cuh"
#include "sdmae/backend/cuda/attention.cuh"
#include "sdmae/backend/cuda/attention_backward.cuh"
#include "sdmae/backend/cuda/elementwise.cuh"
#include "sdmae/backend/cuda/graphs.hpp"
#include "sdmae/backend/cuda/handles.hpp"
#include "sdmae/backend/cuda/layer_norm.cuh"
#include "sdmae/backend/cuda/map.cuh"
#include "sdmae/backend/cuda/matmul.hpp"
#include "sdmae/backend/cuda/product.cuh"
#include "sdmae/backend/cuda/reduce.cuh"
#include "sdmae/backend/cuda/staging.hpp"
#include "sdmae/backend/defaults.hpp"

namespace sdmae {

struct cuda_options {
  sdmae::precision precision = sdmae::precision::fp32;
  int device = 0;  // of the thread that makes the backend and uses it: all backends of a thread share one
  std::size_t product_workspace = std::size_t{32} << 20;  // bytes of device memory for cuBLASLt, and for sums over rows
  std::size_t staging = std::size_t{32} << 20;  // bytes of pinned and of device memory for copies, in two halves
};

/// T: float or double. All work goes to one stream, in order; nothing but copy_out and synchronise waits for it. The
/// same arguments give the same bits on the same device. Sums over rows are cut into chunks, by cuBLASLt too: slices of
/// a batch may change last bits.
template <class T>
class cuda_backend : public backend_defaults<cuda_backend<T>, T> {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "sdmae::cuda_backend computes in float or double: take reference_backend for other scalars");

 public:
  static constexpr bool slices_give_same_bits = false;

  explicit cuda_backend(const cuda_options& options = {})
      : stream_(open(options.device)),
        products_(options.product_workspace, options.precision),
        staging_(options.staging / 2) {}

  cudaStream_t stream() const { return stream_.get(); }

  /// The first call takes the backend's own memory, too.
  cuda::device_memory allocate(std::size_t bytes) {
    if (own_.data() == nullptr) take_own_memory();
    return cuda::device_memory(bytes);
  }
  void plan_own_memory(arena& memory) const {
    memory.take<std::byte>("workspace of products", static_cast<index>(products_.workspace_bytes()));
    memory.take<std::byte>("copies on their way", static_cast<index>(staging_.bytes()));
  }
  template <class Value>
  void copy_in(Value* to, const std::type_identity_t<Value>* from, index count) {
    staging_.copy(reinterpret_cast<std::byte*>(to), reinterpret_cast<const std::byte*>(from),
                  sizeof(Value) * static_cast<std::size_t>(count), stream());
  }
  template <class Value>
  void copy_out(Value* to, const std::type_identity_t<Value>* from, index count) {
    cuda::check(
        cudaMemcpyAsync(to, from, sizeof(Value) * static_cast<std::size_t>(count), cudaMemcpyDeviceToHost, stream()),
        "cudaMemcpyAsync");
  }
  /// Recorded as a CUDA graph when f is asked for again.
  using recordings = cuda::recorded_work;
  template <class F>
  void repeat(cuda::recorded_work& recorded, const work_key& key, F f) {
    recorded.run(key, stream(), f);
  }
  void synchronise() { cuda::check(cudaStreamSynchronize(stream()), "cudaStreamSynchronize"); }

  template <class F>
  void map(index rows, index width, F f) {
    expect_device_function<F>();
    cuda::map(rows, width, f, stream());
  }
  template <class A, class F>
  void reduce_rows(reduction::sum, column_view<A> out, index width, F f) {
    expect_device_function<F>();
    cuda::reduce_rows<cuda::row_sum<A>>(out, width, f, stream());
  }
  template <class A, class F>
  void reduce_rows(reduction::maximum, column_view<A> out, index width, F f) {
    expect_device_function<F>();
    cuda::reduce_rows<cuda::row_maximum<A>>(out, width, f, stream());
  }
  template <class A, class F>
  void reduce_columns(A* out, index rows, index width, F f) {
    expect_device_function<F>();
    cuda::reduce_columns(cuda::sums<A*, 1>{{out}}, rows, width, cuda::single_sum<A, F>{f},
                         products_.workspace(), stream());
  }

  void product(product_shape shape, T alpha, operand<const T> a, operand<const T> b, operand<T> c, bool accumulate) {
    if (shape.rows <= 0 || shape.columns <= 0 || shape.batch <= 0) return;
    if (!multiply(shape, alpha, a, b, c, nullptr, accumulate ? c.data : nullptr))
      cuda::strided_product(shape, alpha, a, b, c, accumulate, stream());
  }

  template <index Out, index In, class Epilogue = epilogue::store>
  void linear_forward(rows_view<const T, In> x, weight_view<const T, Out, In> weight, vector_view<const T, Out> bias,
                      rows_view<T, Out> y, Epilogue epilogue = {}) {
    if constexpr (std::is_same_v<Epilogue, epilogue::gelu<T, Out>>) {
      multiply_rows<Out, In>(x, weight, bias, epilogue.pre, {});
      cuda::gelu<T, Out>(epilogue.pre, y, stream());
    } else if constexpr (std::is_same_v<Epilogue, epilogue::residual<T, Out>>) {
      multiply_rows<Out, In>(x, weight, bias, y, epilogue.x);
    } else if constexpr (std::is_same_v<Epilogue, epilogue::store>) {
      multiply_rows<Out, In>(x, weight, bias, y, {});
    } else {
      multiply_rows<Out, In>(x, weight, bias, y, {});
      apply(y, epilogue);
    }
  }

  template <index Out, index In, class Epilogue = epilogue::store>
  void linear_input_gradient(rows_view<const T, Out> dy, weight_view<const T, Out, In> weight, rows_view<T, In> dx,
                             Epilogue epilogue = {}) {
    product({dy.rows(), In, Out}, T(1), {dy.data, Out, 1}, {weight.data, In, 1}, {dx.data, In, 1},
            std::is_same_v<Epilogue, epilogue::accumulate>);
    if constexpr (std::is_same_v<Epilogue, epilogue::gelu_gradient<T, In>>)
      cuda::multiply_by_gelu_gradient<T, In>(epilogue.pre, dx, stream());
    else if constexpr (!std::is_base_of_v<epilogue::store, Epilogue>)
      apply(dx, epilogue);
  }

  template <index D>
  void layer_norm_forward(rows_view<const T, D> x, vector_view<const T, D> gain, vector_view<const T, D> bias,
                          T epsilon, rows_view<T, D> y, column_view<T> mean, column_view<T> rstd) {
    cuda::layer_norm_forward<T, D>(x, gain, bias, epsilon, y, mean, rstd, stream());
  }
  static constexpr index layer_norm_workspace(index) { return 0; }
  template <index D>
  void layer_norm_backward(rows_view<const T, D> dy, rows_view<const T, D> x, column_view<const T> mean,
                           column_view<const T> rstd, vector_view<const T, D> gain, rows_view<T, D> dx,
                           vector_view<T, D> dgain, vector_view<T, D> dbias, T*) {
    cuda::layer_norm_backward<T, D>(dy, x, mean, rstd, gain, dx, dgain, dbias, products_.workspace(),
                                    stream());
  }

  template <index Heads, index D>
  static constexpr index attention_workspace(index) {
    return 0;
  }
  template <index Heads, index D>
  void attention_forward(index tokens, rows_view<const T, 3 * D> qkv, rows_view<T, D> out, rows_view<T, Heads> log_sum,
                         T*) {
    cuda::attention_forward<T, Heads, D>(tokens, qkv, out, log_sum, stream());
  }
  template <index Heads, index D>
  void attention_backward(index tokens, rows_view<const T, D> dout, rows_view<const T, 3 * D> qkv,
                          rows_view<const T, D> out, rows_view<const T, Heads> log_sum, rows_view<T, 3 * D> dqkv, T*) {
    cuda::attention_backward<T, Heads, D>(tokens, dout, qkv, out, log_sum, dqkv, stream());
  }

  void adamw_update(std::span<const adamw_segment> segments, adamw_buffers<T> buffers,
                    const adamw_numbers<T>* numbers) {
    cuda::adamw_update(segments, buffers, numbers, stream());
  }

 private:
  static cuda::stream open(int device) {
    cuda::select_device(device);
    return cuda::make_stream();
  }

  void take_own_memory() {
    arena plan;
    plan_own_memory(plan);
    own_ = cuda::device_memory(plan.peak());
    products_.use(own_.data());  // first: cuBLASLt wants a boundary of 256 bytes
    staging_.use(own_.data() + plan.peak() - staging_.bytes());
  }

  /// y(r, c) = epilogue(r, c, y(r, c))
  template <index Width, class Epilogue>
  void apply(rows_view<T, Width> y, const Epilogue& epilogue) {
    map(y.rows(), Width, cuda::applied_epilogue<T, Width, Epilogue>{y, epilogue});
  }

  /// y = x·Wᵀ (+ bias) (+ added)
  template <index Out, index In>
  void multiply_rows(rows_view<const T, In> x, weight_view<const T, Out, In> weight, vector_view<const T, Out> bias,
                     rows_view<T, Out> y, rows_view<const T, Out> added) {
    if (x.rows() <= 0) return;
    const product_shape shape{x.rows(), Out, In};
    const operand<const T> left{x.data, In, 1}, right{weight.data, 1, In};
    const operand<T> to{y.data, Out, 1};
    if (has_bias_epilogue && multiply(shape, T(1), left, right, to, bias.data, added.data)) return;
    product(shape, T(1), left, right, to, false);
    map(y.rows(), Out, cuda::added_terms<T, Out>{y, bias, added});
  }

  /// c = alpha·a·b (+ bias in every row) (+ added, laid out like c), if cuBLASLt can: its c has dense columns, so a c
  /// of dense rows is cᵀ = bᵀ·aᵀ to it. False where it cannot, and nothing is done.
  bool multiply(product_shape s, T alpha, operand<const T> a, operand<const T> b, operand<T> c, const T* bias,
                const T* added) {
    if (s.depth <= 0) return false;
    if (c.column_stride != 1) {
      if (bias != nullptr) return false;
      std::swap(s.rows, s.columns);
      std::swap(a, b);
      for (operand<const T>* each : {&a, &b}) std::swap(each->row_stride, each->column_stride);
      std::swap(c.row_stride, c.column_stride);
    }
    const auto left = cuda::find_column_storage(s.columns, s.depth, b.column_stride, b.row_stride);
    const auto right = cuda::find_column_storage(s.depth, s.rows, a.column_stride, a.row_stride);
    const auto to = cuda::find_column_storage(s.columns, s.rows, c.column_stride, c.row_stride);
    if (!left || !right || !to || to->transposed) return false;
    const cuda::matmul_shape shape{
        s.columns,      s.rows,         s.depth,         s.batch,          *left, *right, *to, b.batch_stride,
        a.batch_stride, c.batch_stride, bias != nullptr, added != nullptr, {}};
    const T* const beside = added != nullptr ? added : c.data;
    return products_.run(shape, alpha, {b.data, a.data, beside, c.data, bias}, stream());
  }

  static constexpr bool has_bias_epilogue = std::is_same_v<T, float>;  // cuBLASLt documents none for double

  cuda::device_memory own_;
  cuda::stream stream_;
  cuda::matmul_engine<T> products_;
  cuda::staging staging_;
};

static_assert(tensor_backend<cuda_backend<float>>);

}  // namespace sdmae
