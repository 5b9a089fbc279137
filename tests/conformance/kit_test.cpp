// The kit must be able to fail: backends with one wrong operation each, and the operation that the kit must name.
#include <cmath>
#include <string>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/testing/conformance.hpp"

namespace {

using sdmae::column_view;
using sdmae::index;
using sdmae::rows_view;
using sdmae::vector_view;
using sdmae::weight_view;

/// The mutants; each hides one operation of a correct backend with a wrong one.
enum class fault {
  none,
  map_skips_last_element,
  map_touches_one_more,
  map_repeats_an_element,
  maximum_starts_from_zero,
  columns_overwritten,
  columns_from_the_end,
  product_ignores_accumulate,
  product_ignores_alpha,
  product_ignores_batch_stride,
  product_fills_rows,
  bias_forgotten,
  gelu_by_tanh,
  slices_start_again,
  norm_without_epsilon,
  norm_of_unbiased_variance,
  norm_overwrites_dx,
  attention_unscaled,
  attention_unstable,
  decay_of_everything,
  moments_uncorrected,
  groups_forgotten,
};

class mutant : public sdmae::backend_defaults<mutant, float> {
  using T = float;
  using defaults = sdmae::backend_defaults<mutant, float>;
  using reference = sdmae::reference_backend<float>;
  reference right_;
  fault fault_;

 public:
  explicit mutant(fault chosen) : fault_(chosen) {}
  auto allocate(std::size_t bytes) { return right_.allocate(bytes); }
  template <class V>
  void copy_in(V* to, const std::type_identity_t<V>* from, index count) {
    right_.copy_in(to, from, count);
  }
  template <class V>
  void copy_out(V* to, const std::type_identity_t<V>* from, index count) {
    right_.copy_out(to, from, count);
  }
  void synchronise() {}

  template <class F>
  void map(index rows, index width, F f) {
    const bool last = fault_ == fault::map_skips_last_element && rows * width > 0;
    for (index r = 0; r < rows; ++r)
      for (index c = 0; c < width - (last && r == rows - 1 ? 1 : 0); ++c) f(r, c);
    if (fault_ == fault::map_touches_one_more && rows > 0) f(rows, 0);
    if (fault_ == fault::map_repeats_an_element && rows > 100) f(100, 0);
  }
  template <class A, class F>
  void reduce_rows(sdmae::reduction::sum how, column_view<A> out, index width, F f) {
    right_.reduce_rows(how, out, width, f);
  }
  template <class A, class F>
  void reduce_rows(sdmae::reduction::maximum how, column_view<A> out, index width, F f) {
    right_.reduce_rows(how, out, width, f);
    if (fault_ == fault::maximum_starts_from_zero)
      for (index r = 0; r < out.rows(); ++r) out(r, 0) = std::max(out(r, 0), A(0));
  }
  template <class A, class F>
  void reduce_columns(A* out, index rows, index width, F f) {
    if (fault_ == fault::columns_overwritten) std::fill_n(out, width, A(0));
    if (fault_ == fault::columns_from_the_end)
      return right_.reduce_columns(out, rows, width, [=](index r, index c) { return f(rows - 1 - r, c); });
    right_.reduce_columns(out, rows, width, f);
  }
  void product(sdmae::product_shape s, T alpha, sdmae::operand<const T> a, sdmae::operand<const T> b,
               sdmae::operand<T> c, bool accumulate) {
    if (fault_ == fault::product_ignores_accumulate) accumulate = false;
    if (fault_ == fault::product_ignores_alpha) alpha = 1;
    if (fault_ == fault::product_ignores_batch_stride) c.batch_stride = 0;
    right_.product(s, alpha, a, b, c, accumulate);
    if (fault_ == fault::product_fills_rows && c.column_stride == 1 && s.rows > 1 && c.row_stride > s.columns)
      c.data[s.columns] = 0;
  }

  template <index Out, index In, class Epilogue = sdmae::epilogue::store>
  void linear_forward(rows_view<const T, In> x, weight_view<const T, Out, In> w, vector_view<const T, Out> bias,
                      rows_view<T, Out> y, Epilogue epilogue = {}) {
    if (fault_ == fault::bias_forgotten) bias.data = nullptr;
    if constexpr (std::is_same_v<Epilogue, sdmae::epilogue::gelu<T, Out>>) {
      if (fault_ != fault::gelu_by_tanh) return defaults::template linear_forward<Out, In>(x, w, bias, y, epilogue);
      defaults::template linear_forward<Out, In>(x, w, bias, epilogue.pre, sdmae::epilogue::store{});
      map(y.rows(), Out, [=](index r, index c) {
        const T v = epilogue.pre(r, c);
        y(r, c) = v / 2 * (1 + std::tanh(0.79788456f * (v + 0.044715f * v * v * v)));
      });
    } else {
      defaults::template linear_forward<Out, In>(x, w, bias, y, epilogue);
    }
  }
  template <index Out, index In>
  void linear_weight_gradient(rows_view<const T, Out> dy, rows_view<const T, In> x, weight_view<T, Out, In> dw,
                              vector_view<T, Out> db) {
    if (fault_ == fault::slices_start_again) {  // right to rounding, but summed on its own and then added
      std::vector<T> sum(static_cast<std::size_t>(Out * In));
      const index rows = x.rows();
      product({Out, In, rows}, 1, {dy.data, 1, Out}, {x.data, In, 1}, {sum.data(), In, 1}, false);
      for (index i = 0; i < Out * In; ++i) dw.data[i] += sum[static_cast<std::size_t>(i)];
      if (db) reduce_columns(db.data, rows, Out, [=](index r, index c) { return dy(r, c); });
    } else {
      defaults::template linear_weight_gradient<Out, In>(dy, x, dw, db);
    }
  }
  template <index D>
  void layer_norm_forward(rows_view<const T, D> x, vector_view<const T, D> gain, vector_view<const T, D> bias,
                          T epsilon, rows_view<T, D> y, column_view<T> mean, column_view<T> rstd) {
    if (fault_ == fault::norm_without_epsilon) epsilon = 0;
    defaults::template layer_norm_forward<D>(x, gain, bias, epsilon, y, mean, rstd);
    if (fault_ == fault::norm_of_unbiased_variance)
      map(x.rows(), 1, [=](index r, index) { rstd(r, 0) *= std::sqrt(T(D - 1) / T(D)); });
  }
  template <index D>
  void layer_norm_backward(rows_view<const T, D> dy, rows_view<const T, D> x, column_view<const T> mean,
                           column_view<const T> rstd, vector_view<const T, D> gain, rows_view<T, D> dx,
                           vector_view<T, D> dgain, vector_view<T, D> dbias, T* workspace) {
    if (fault_ == fault::norm_overwrites_dx) std::fill_n(dx.data, dx.size(), T(0));
    defaults::template layer_norm_backward<D>(dy, x, mean, rstd, gain, dx, dgain, dbias, workspace);
  }
  template <index Heads, index D>
  void attention_forward(index tokens, rows_view<const T, 3 * D> qkv, rows_view<T, D> out, rows_view<T, Heads> log_sum,
                         T* workspace) {
    defaults::template attention_forward<Heads, D>(tokens, qkv, out, log_sum, workspace);
    if (fault_ == fault::attention_unscaled)
      map(log_sum.rows(), Heads, [=](index r, index h) { log_sum(r, h) *= std::sqrt(T(D / Heads)); });
    if (fault_ == fault::attention_unstable)  // exp without the largest score taken off
      map(log_sum.rows(), Heads, [=](index r, index h) { log_sum(r, h) = std::log(std::exp(log_sum(r, h))); });
  }
  void adamw_update(std::span<const sdmae::adamw_segment> segments, sdmae::adamw_buffers<T> buffers,
                    const sdmae::adamw_numbers<T>* numbers) {
    std::vector<sdmae::adamw_segment> all(segments.begin(), segments.end());
    if (fault_ == fault::decay_of_everything)
      for (auto& segment : all) segment.decays = true;
    if (fault_ == fault::groups_forgotten)
      for (auto& segment : all) segment.group = 0;
    sdmae::index groups = 1;
    for (const auto& segment : all) groups = std::max<sdmae::index>(groups, segment.group + 1);
    std::vector<sdmae::adamw_numbers<T>> n(numbers, numbers + groups);
    if (fault_ == fault::moments_uncorrected)
      for (auto& each : n) each.inverse_root_correction = 1;
    defaults::adamw_update(all, buffers, n.data());
  }
};

void expect_named(fault chosen, const std::string& operation) {
  mutant wrong(chosen);
  const auto found = sdmae::testing::check_backend(wrong);
  INFO(sdmae::testing::failures(found));
  CHECK(sdmae::testing::failures(found, operation) != "");
}

}  // namespace

TEST_CASE("the kit lets a right backend pass") {
  mutant right(fault::none);
  CHECK(sdmae::testing::failures(sdmae::testing::check_backend(right)) == "");
}

TEST_CASE("the kit names what is wrong with map and reductions") {
  expect_named(fault::map_skips_last_element, "map");
  expect_named(fault::map_touches_one_more, "map");
  expect_named(fault::map_repeats_an_element, "map");
  expect_named(fault::maximum_starts_from_zero, "maximum");
  expect_named(fault::columns_overwritten, "reduce_columns");
  expect_named(fault::columns_from_the_end, "reduce_columns");
}

TEST_CASE("the kit names what is wrong with products") {
  expect_named(fault::product_ignores_accumulate, "product, accumulated");
  expect_named(fault::product_ignores_alpha, "product");
  expect_named(fault::product_ignores_batch_stride, "product");
  expect_named(fault::product_fills_rows, "wrote between its matrices");
}

TEST_CASE("the kit names what is wrong with linear operations") {
  expect_named(fault::bias_forgotten, "linear_forward");
  expect_named(fault::gelu_by_tanh, "linear_forward, gelu");
  expect_named(fault::slices_start_again, "linear_weight_gradient, three slices");
}

TEST_CASE("the kit names what is wrong with layer norm, attention and AdamW") {
  expect_named(fault::norm_without_epsilon, "layer_norm_forward");
  expect_named(fault::norm_of_unbiased_variance, "layer_norm_forward, rstd");
  expect_named(fault::norm_overwrites_dx, "layer_norm_backward, x accumulated");
  expect_named(fault::attention_unscaled, "attention_forward, log of sums");
  expect_named(fault::attention_unstable, "attention_forward, log of sums");
  expect_named(fault::decay_of_everything, "adamw_update, weights");
  expect_named(fault::moments_uncorrected, "adamw_update, weights");
  expect_named(fault::groups_forgotten, "adamw_update, weights");
}

TEST_CASE("what was never written does not pass, and bits are compared") {
  using namespace sdmae::testing;
  CHECK(!judged("nothing", std::nan(""), 1.0).pass);
  CHECK(std::isnan(worse(std::nan(""), 1.0)));
  CHECK(worse(2.0, 1.0) == 2.0);
  const findings one{judged("a", 0, 0, 1), judged("b", 0, 0, 2)}, other{judged("a", 0, 0, 1), judged("b", 0, 0, 3)};
  CHECK(failures(compare_bits(one, one)) == "");
  CHECK(failures(compare_bits(one, other), "b") != "");
  CHECK(failures(compare_bits(one, {})) != "");
}
