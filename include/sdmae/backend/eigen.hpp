// The CPU backend: Eigen's thread pool and maps, and products of our own that sum row by row.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>
#include <type_traits>

#include "sdmae/backend/concept.hpp"
#include "sdmae/backend/cpu/adamw.hpp"
#include "sdmae/backend/cpu/attention.hpp"
#include "sdmae/backend/cpu/each_head.hpp"
#include "sdmae/backend/cpu/eigen_product.hpp"
#include "sdmae/backend/cpu/layer_norm.hpp"
#include "sdmae/backend/cpu/product.hpp"
#include "sdmae/backend/cpu/team_products.hpp"
#include "sdmae/backend/cpu/threads.hpp"
#include "sdmae/backend/defaults.hpp"
#include "sdmae/backend/host_memory.hpp"

namespace sdmae {

struct cpu_options {
  int threads = 0;  // 0: all cores
};

/// Whose matrix products: ours, register tiles on vector extensions that sum row by row; or Eigen's, the portable
/// alternative. Eigen cuts sums into pieces and takes memory as it goes: with it, slices of a batch may change last
/// bits and a step allocates.
enum class cpu_products { tiled, eigen };

/// T: float or double. The same arguments give the same bits for any number of threads: work is split where no sum is.
template <class T, cpu_products Products = cpu_products::tiled>
class eigen_backend : public backend_defaults<eigen_backend<T, Products>, T> {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>,
                "sdmae::eigen_backend computes in float or double: take reference_backend for other scalars");

  using fallback = backend_defaults<eigen_backend<T, Products>, T>;
  static constexpr bool tiled = Products == cpu_products::tiled;

 public:
  static constexpr bool slices_give_same_bits = tiled;

  explicit eigen_backend(cpu_options options = {})
      : team_(std::make_unique<cpu::thread_team>(options.threads)), products_(*team_, tiled) {}

  int threads() const { return team_->size(); }

  host_memory allocate(std::size_t bytes) { return host_memory(bytes); }
  template <class Value>
  void copy_in(Value* to, const std::type_identity_t<Value>* from, index count) {
    std::copy_n(from, count, to);
  }
  template <class Value>
  void copy_out(Value* to, const std::type_identity_t<Value>* from, index count) {
    std::copy_n(from, count, to);
  }
  void synchronise() {}

  template <class F>
  void map(index rows, index width, F f) {
    expect_host_function<F>();
    split_rows(rows, width, [&](index begin, index end) {
      if (width == 1) {
        SDMAE_INDEPENDENT
        for (index r = begin; r < end; ++r) f(r, 0);
        return;
      }
      for (index r = begin; r < end; ++r) {
        SDMAE_INDEPENDENT
        for (index c = 0; c < width; ++c) f(r, c);
      }
    });
  }

  template <class A, class F>
  void reduce_rows(reduction::sum, column_view<A> out, index width, F f) {
    expect_host_function<F>();
    split_rows(out.rows(), width, [&](index begin, index end) {
      for (index r = begin; r < end; ++r)
        out(r, 0) = cpu::fold_sum<A>(width, [&](index c) { return static_cast<A>(f(r, c)); });
    });
  }
  template <class A, class F>
  void reduce_rows(reduction::maximum, column_view<A> out, index width, F f) {
    expect_host_function<F>();
    split_rows(out.rows(), width, [&](index begin, index end) {
      for (index r = begin; r < end; ++r)
        out(r, 0) = cpu::fold(
            width, -std::numeric_limits<A>::infinity(), [&](index c) { return static_cast<A>(f(r, c)); },
            cpu::keeping_larger{});
    });
  }
  template <class A, class F>
  void reduce_columns(A* out, index rows, index width, F f) {
    expect_host_function<F>();
    team_->split(width, rows * width < inline_limit ? width : column_grain, [&](index begin, index end, int) {
      for (index r = 0; r < rows; ++r) {
        SDMAE_INDEPENDENT
        for (index c = begin; c < end; ++c) out[c] += static_cast<A>(f(r, c));
      }
    });
  }

  /// Any strides: Eigen's product.
  void product(product_shape shape, T alpha, operand<const T> a, operand<const T> b, operand<T> c, bool accumulate) {
    cpu::eigen_product(*team_, shape, alpha, a, b, c, accumulate);
  }

  /// A weight is kept as panels of columns of Wᵀ for y = x·Wᵀ; dx = dy·W reads the weight as it is.
  template <index Out, index In>
  static constexpr index packed_size() {
    return tiled ? cpu::packed_columns<T>(Out, In) : 0;
  }
  template <index Out, index In>
  void pack(weight_view<T, Out, In> weight) {
    if constexpr (tiled) {
      constexpr index panel = cpu::tile<T>::width;
      team_->split(Out, panel, [&](index begin, index end, int) {
        cpu::pack_columns<T>(weight.row(begin), end - begin, In, In, 1, weight.packed + begin * In);
      });
    }
  }

  template <index Out, index In, class Epilogue = epilogue::store>
  void linear_forward(rows_view<const T, In> x, weight_view<const T, Out, In> weight, vector_view<const T, Out> bias,
                      rows_view<T, Out> y, Epilogue epilogue = {}) {
    if constexpr (!tiled) {
      fallback::template linear_forward<Out, In>(x, weight, bias, y, epilogue);
    } else {
      products_.multiply(x.rows(), Out, In, x.data, cpu::right_operand<T>::panels(weight.packed, In), y.data, bias.data,
                         epilogue);
    }
  }

  template <index Out, index In, class Epilogue = epilogue::store>
  void linear_input_gradient(rows_view<const T, Out> dy, weight_view<const T, Out, In> weight, rows_view<T, In> dx,
                             Epilogue epilogue = {}) {
    if constexpr (!tiled) {
      fallback::template linear_input_gradient<Out, In>(dy, weight, dx, epilogue);
    } else {
      products_.multiply(dy.rows(), In, Out, dy.data, cpu::right_operand<T>::plain(weight.data, In), dx.data, nullptr,
                         epilogue);
    }
  }

  template <index Out, index In>
  void linear_weight_gradient(rows_view<const T, Out> dy, rows_view<const T, In> x, weight_view<T, Out, In> dweight,
                              vector_view<T, Out> dbias) {
    if constexpr (!tiled) {
      fallback::template linear_weight_gradient<Out, In>(dy, x, dweight, dbias);
    } else {
      products_.accumulate_transposed(dy.rows(), Out, In, dy.data, x.data, dweight.data);
      if (dbias) reduce_columns(dbias.data, dy.rows(), Out, [=](index r, index c) { return dy(r, c); });
    }
  }

  template <index D>
  void layer_norm_forward(rows_view<const T, D> x, vector_view<const T, D> gain, vector_view<const T, D> bias,
                          T epsilon, rows_view<T, D> y, column_view<T> mean, column_view<T> rstd) {
    split_rows(x.rows(), D, [&](index begin, index end) {
      for (index r = begin; r < end; ++r)
        cpu::layer_norm_row<D>(x.row(r), gain.data, bias.data, epsilon, y.row(r), mean(r, 0), rstd(r, 0));
    });
  }
  static constexpr index layer_norm_workspace(index) { return 0; }
  template <index D>
  void layer_norm_backward(rows_view<const T, D> dy, rows_view<const T, D> x, column_view<const T> mean,
                           column_view<const T> rstd, vector_view<const T, D> gain, rows_view<T, D> dx,
                           vector_view<T, D> dgain, vector_view<T, D> dbias, T*) {
    split_rows(x.rows(), D, [&](index begin, index end) {
      for (index r = begin; r < end; ++r)
        cpu::layer_norm_row_backward<D>(dy.row(r), x.row(r), mean(r, 0), rstd(r, 0), gain.data, dx.row(r));
    });
    constexpr index columns = column_grain;
    team_->split(D, x.rows() * D < inline_limit ? D : columns, [&](index begin, index end, int) {
      const auto sum_columns = [&](auto count, index c) {
        cpu::layer_norm_columns<count(), D>(x.rows(), c, dy.data, x.data, mean.data, rstd.data, dgain.data, dbias.data);
      };
      constexpr index whole = D / columns * columns;
      for (index c = begin; c < std::min(end, whole); c += columns)
        if constexpr (whole > 0) sum_columns(std::integral_constant<index, columns>{}, c);
      if constexpr (whole < D)
        if (end == D) sum_columns(std::integral_constant<index, D - whole>{}, whole);
    });
  }

  template <index Heads, index D>
  index attention_workspace(index tokens) {
    if constexpr (!tiled) {
      return fallback::template attention_workspace<Heads, D>(tokens);
    } else {
      return cpu::attention_head<T, Heads, D>::workspace(tokens) * team_->size();
    }
  }
  template <index Heads, index D>
  void attention_forward(index tokens, rows_view<const T, 3 * D> qkv, rows_view<T, D> out, rows_view<T, Heads> log_sum,
                         T* workspace) {
    if constexpr (!tiled) {
      fallback::template attention_forward<Heads, D>(tokens, qkv, out, log_sum, workspace);
    } else {
      cpu::each_head<Heads, D>(*team_, products_, tokens, qkv, workspace, [&](auto& head, index row, index h) {
        head.forward(out.row(row) + h * head.d, log_sum.row(row) + h);
      });
    }
  }
  template <index Heads, index D>
  void attention_backward(index tokens, rows_view<const T, D> dout, rows_view<const T, 3 * D> qkv,
                          rows_view<const T, D> out, rows_view<const T, Heads> log_sum, rows_view<T, 3 * D> dqkv,
                          T* workspace) {
    if constexpr (!tiled) {
      fallback::template attention_backward<Heads, D>(tokens, dout, qkv, out, log_sum, dqkv, workspace);
    } else {
      cpu::each_head<Heads, D>(*team_, products_, tokens, qkv, workspace, [&](auto& head, index row, index h) {
        const index column = h * head.d;
        head.backward(dout.row(row) + column, out.row(row) + column, log_sum.row(row) + h, dqkv.row(row) + column);
      });
    }
  }

  void adamw_update(std::span<const adamw_segment> segments, adamw_buffers<T> buffers,
                    const adamw_numbers<T>* numbers) {
    for (const adamw_segment& segment : segments)
      team_->split(segment.count, column_grain, [&](index begin, index end, int) {
        cpu::adamw_run(buffers, segment.offset + begin, end - begin, segment.decays, numbers[segment.group]);
      });
  }

 private:
  static constexpr index inline_limit = 1 << 14;  // elements below which waking threads costs more than the work
  static constexpr index column_grain = 64;       // columns of a part, so that threads do not share cache lines

  template <class F>
  void split_rows(index rows, index width, const F& f) {
    team_->split(rows, rows * width < inline_limit ? rows : 1, [&](index begin, index end, int) { f(begin, end); });
  }

  std::unique_ptr<cpu::thread_team> team_;
  cpu::team_products<T> products_;
};

static_assert(tensor_backend<eigen_backend<float>>);

}  // namespace sdmae
