// Conformance of the linear operations: forward with every epilogue, both gradients, packed weights.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sdmae/backend/epilogue.hpp"
#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

template <tensor_backend B, index Out, index In>
class linear_examiner {
 public:
  using T = scalar_of<B>;
  using matrix = textbook::matrix;

  linear_examiner(examiner<B>& e, index rows)
      : e_(e),
        rows_(rows),
        x_values_(e.draw(rows * In)),
        w_values_(e.draw(Out * In)),
        b_values_(e.draw(Out)),
        dy_values_(e.draw(rows * Out)),
        x_(e.backend, x_values_),
        w_(e.backend, w_values_),
        b_(e.backend, b_values_),
        dy_(e.backend, dy_values_),
        packed_(e.backend, e.backend.template packed_size<Out, In>()) {
    e.backend.template pack<Out, In>(weight_view<T, Out, In>{w_.data(), packed_.data()});
    if (!packed_.intact()) e.found.push_back(judged(name("pack, wrote outside its output"), false));
  }

  void check() {
    forward();
    forward_epilogues();
    input_gradient();
    weight_gradient();
  }

 private:
  std::string name(const char* operation) const { return shaped(operation, {rows_, Out, In}); }
  rows_view<const T, In> x() { return {x_.data(), rows_}; }
  rows_view<const T, Out> dy() { return {dy_.data(), rows_}; }
  weight_view<const T, Out, In> weight() { return {w_.data(), packed_.data()}; }
  vector_view<const T, Out> bias() { return vector_view<const T, Out>{b_.data()}; }

  /// x·Wᵀ + b
  matrix expected_forward(bool biased) const {
    matrix y = product(matrix(rows_, In, x_values_), transposed(matrix(Out, In, w_values_)));
    for (index r = 0; r < rows_ && biased; ++r)
      for (index c = 0; c < Out; ++c) y(r, c) += b_values_[static_cast<std::size_t>(c)];
    return y;
  }
  /// dy·W
  matrix expected_input_gradient() const { return product(matrix(rows_, Out, dy_values_), matrix(Out, In, w_values_)); }

  template <class Epilogue>
  void run_forward(const char* operation, Epilogue epilogue, const matrix& expected, bool biased = true) {
    guarded<B> y(e_.backend, rows_ * Out);
    e_.backend.template linear_forward<Out, In>(x(), weight(), biased ? bias() : vector_view<const T, Out>{},
                                                rows_view<T, Out>{y.data(), rows_}, epilogue);
    e_.compare(name(operation), y, expected.values, bound);
  }

  void forward() {
    run_forward("linear_forward", epilogue::store{}, expected_forward(true));
    run_forward("linear_forward, no bias", epilogue::store{}, expected_forward(false), false);
  }

  void forward_epilogues() {
    const matrix v = expected_forward(true);
    matrix activated = v;
    for (textbook::real& value : activated.values) value = textbook::gelu(value);
    guarded<B> before(e_.backend, rows_ * Out), branch(e_.backend, rows_ * Out);
    run_forward("linear_forward, gelu", epilogue::gelu<T, Out>{{before.data(), rows_}}, activated);
    e_.compare(name("linear_forward, before gelu"), before, v.values, bound);

    const auto base_values = e_.draw(rows_ * Out), gain_values = e_.draw(Out), table_values = e_.draw(5 * Out);
    guarded<B> base(e_.backend, base_values), gain(e_.backend, gain_values), table(e_.backend, table_values);
    const matrix added(rows_, Out, base_values);
    run_forward("linear_forward, residual", epilogue::residual<T, Out>{{base.data(), rows_}}, sum(added, v));

    std::vector<std::int32_t> row_of(static_cast<std::size_t>(rows_));
    matrix scaled = added, positioned = v;
    for (index r = 0; r < rows_; ++r) {
      const index row = row_of[static_cast<std::size_t>(r)] = static_cast<std::int32_t>(r * 3 % 5);
      for (index c = 0; c < Out; ++c) {
        scaled(r, c) += gain_values[static_cast<std::size_t>(c)] * v(r, c);
        positioned(r, c) += table_values[static_cast<std::size_t>(row * Out + c)];
      }
    }
    const vector_view<const T, Out> gamma{gain.data()};
    run_forward("linear_forward, scaled residual",
                epilogue::scaled_residual<T, Out>{{base.data(), rows_}, gamma, {branch.data(), rows_}}, scaled);
    e_.compare(name("linear_forward, branch"), branch, v.values, bound);
    guarded<B, std::int32_t> indices(e_.backend, row_of);
    run_forward("linear_forward, add rows", epilogue::add_rows<T, Out>{{table.data(), 5}, indices.data()}, positioned);
  }

  template <class Epilogue>
  void run_input_gradient(const char* operation, Epilogue epilogue, const matrix& expected, guarded<B>& dx) {
    e_.backend.template linear_input_gradient<Out, In>(dy(), weight(), rows_view<T, In>{dx.data(), rows_}, epilogue);
    e_.compare(name(operation), dx, expected.values, bound);
  }

  void input_gradient() {
    const matrix v = expected_input_gradient();
    guarded<B> stored(e_.backend, rows_ * In), through(e_.backend, rows_ * In);
    run_input_gradient("linear_input_gradient", epilogue::store{}, v, stored);

    const auto start = e_.draw(rows_ * In), before_values = e_.draw(rows_ * In);
    guarded<B> accumulated(e_.backend, start), before(e_.backend, before_values);
    run_input_gradient("linear_input_gradient, accumulated", epilogue::accumulate{}, sum(matrix(rows_, In, start), v),
                       accumulated);
    matrix sloped = v;
    for (std::size_t i = 0; i < sloped.values.size(); ++i) sloped.values[i] *= textbook::gelu_slope(before_values[i]);
    run_input_gradient("linear_input_gradient, gelu", epilogue::gelu_gradient<T, In>{{before.data(), rows_}}, sloped,
                       through);
  }

  /// dW and db go on from what is there; three slices give what one gives.
  void weight_gradient() {
    const auto start_w = e_.draw(Out * In), start_b = e_.draw(Out);
    guarded<B> dw(e_.backend, start_w), db(e_.backend, start_b), sliced_w(e_.backend, start_w),
        sliced_b(e_.backend, start_b), alone(e_.backend, start_w);
    const auto run = [&](index first, index count, guarded<B>& to_w, T* to_b) {
      e_.backend.template linear_weight_gradient<Out, In>(dy().part(first, count), x().part(first, count),
                                                          weight_view<T, Out, In>{to_w.data(), nullptr},
                                                          vector_view<T, Out>{to_b});
    };
    run(0, rows_, dw, db.data());
    run(0, rows_, alone, nullptr);
    for (index part = 0; part < 3; ++part)
      run(rows_ * part / 3, rows_ * (part + 1) / 3 - rows_ * part / 3, sliced_w, sliced_b.data());

    const matrix dy_matrix(rows_, Out, dy_values_);
    matrix bias_sum(1, Out, start_b);
    for (index r = 0; r < rows_; ++r)
      for (index c = 0; c < Out; ++c) bias_sum(0, c) += dy_matrix(r, c);
    const matrix expected = sum(matrix(Out, In, start_w), product(transposed(dy_matrix), matrix(rows_, In, x_values_)));
    e_.compare(name("linear_weight_gradient"), dw, expected.values, bound);
    e_.compare(name("linear_weight_gradient, bias"), db, bias_sum.values, bound);
    e_.compare(name("linear_weight_gradient, no bias"), alone, expected.values, bound);
    constexpr double of_slices = tolerance<T>::slices(B::slices_give_same_bits);
    e_.compare(name("linear_weight_gradient, three slices"), sliced_w, dw.read(), of_slices);
    e_.compare(name("linear_weight_gradient, bias of three slices"), sliced_b, db.read(), of_slices);
  }

  static constexpr double bound = tolerance<T>::sum;
  examiner<B>& e_;
  index rows_;
  std::vector<T> x_values_, w_values_, b_values_, dy_values_;
  guarded<B> x_, w_, b_, dy_, packed_;
};

template <tensor_backend B>
void check_linear(examiner<B>& e) {
  for (const index rows : {0, 1, 13, 97, 250}) {
    linear_examiner<B, 1, 1>(e, rows).check();
    linear_examiner<B, 3, 17>(e, rows).check();
    linear_examiner<B, 33, 7>(e, rows).check();
    linear_examiner<B, 70, 65>(e, rows).check();
  }
}

}  // namespace sdmae::testing
