// Conformance of layer normalisation.
#pragma once

#include <vector>

#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

/// Rows of ordinary values; of values so small that epsilon is as large as the variance; of zeros, where only epsilon
/// stands between the result and a division by zero.
inline constexpr double layer_norm_sizes[] = {2.0, 2e-3, 0.0};

template <index D, tensor_backend B>
void check_layer_norm(examiner<B>& e, index rows, double size) {
  using T = scalar_of<B>;
  using textbook::matrix;
  using textbook::real;
  const T epsilon = T(1e-6);
  const auto x_values = e.draw(rows * D, size), dy_values = e.draw(rows * D), gain_values = e.draw(D),
             bias_values = e.draw(D), dx_start = e.draw(rows * D), dgain_start = e.draw(D), dbias_start = e.draw(D);
  guarded<B> x(e.backend, x_values), dy(e.backend, dy_values), gain(e.backend, gain_values),
      bias(e.backend, bias_values), y(e.backend, rows * D), mean(e.backend, rows), rstd(e.backend, rows);
  const rows_view<const T, D> x_view{x.data(), rows}, dy_view{dy.data(), rows};
  const vector_view<const T, D> gain_view{gain.data()}, bias_view{bias.data()};
  e.backend.template layer_norm_forward<D>(x_view, gain_view, bias_view, epsilon, rows_view<T, D>{y.data(), rows},
                                           column_view<T>{mean.data(), rows}, column_view<T>{rstd.data(), rows});

  const textbook::normalised_rows expected(matrix(rows, D, x_values), epsilon);
  matrix forward(rows, D), dunit(rows, D), dgain(1, D, dgain_start), dbias(1, D, dbias_start);
  for (index r = 0; r < rows; ++r)
    for (index c = 0; c < D; ++c) {
      const auto column = static_cast<std::size_t>(c), i = static_cast<std::size_t>(r * D + c);
      forward(r, c) = expected.unit(r, c) * real(gain_values[column]) + real(bias_values[column]);
      dunit(r, c) = real(dy_values[i]) * real(gain_values[column]);
      dgain(0, c) += real(dy_values[i]) * expected.unit(r, c);
      dbias(0, c) += real(dy_values[i]);
    }
  const auto name = [&](const char* what) { return shaped(what, {rows, D}) + " of " + std::to_string(size); };
  const double bound = tolerance<T>::layer_norm;
  e.compare(name("layer_norm_forward"), y, forward.values, bound);
  e.compare(name("layer_norm_forward, mean"), mean, expected.mean, bound);
  e.compare(name("layer_norm_forward, rstd"), rstd, expected.rstd, bound);

  guarded<B> dx(e.backend, dx_start), dg(e.backend, dgain_start), db(e.backend, dbias_start),
      sliced_dx(e.backend, dx_start), sliced_dg(e.backend, dgain_start), sliced_db(e.backend, dbias_start),
      workspace(e.backend, e.backend.layer_norm_workspace(rows));
  const auto run = [&](index first, index count, guarded<B>& to_x, guarded<B>& to_gain, guarded<B>& to_bias) {
    e.backend.template layer_norm_backward<D>(
        dy_view.part(first, count), x_view.part(first, count), column_view<const T>{mean.data() + first, count},
        column_view<const T>{rstd.data() + first, count}, gain_view, rows_view<T, D>{to_x.data() + first * D, count},
        vector_view<T, D>{to_gain.data()}, vector_view<T, D>{to_bias.data()}, workspace.data());
  };
  run(0, rows, dx, dg, db);
  for (index part = 0; part < 3; ++part)
    run(rows * part / 3, rows * (part + 1) / 3 - rows * part / 3, sliced_dx, sliced_dg, sliced_db);
  e.compare(name("layer_norm_backward, x accumulated"), dx,
            sum(matrix(rows, D, dx_start), expected.gradient(dunit)).values, bound);
  e.compare(name("layer_norm_backward, gain"), dg, dgain.values, bound);
  e.compare(name("layer_norm_backward, bias"), db, dbias.values, bound);
  constexpr double of_slices = tolerance<T>::slices(B::slices_give_same_bits);
  e.compare(name("layer_norm_backward, x in three slices"), sliced_dx, dx.read(), tolerance<T>::exact);
  e.compare(name("layer_norm_backward, gain in three slices"), sliced_dg, dg.read(), of_slices);
  e.compare(name("layer_norm_backward, bias in three slices"), sliced_db, db.read(), of_slices);
  if (!workspace.intact()) e.found.push_back(judged(name("layer_norm_backward, wrote outside its workspace"), false));
}

template <tensor_backend B>
void check_layer_norms(examiner<B>& e) {
  for (const index rows : {0, 1, 5, 200})
    for (const double size : layer_norm_sizes) {
      check_layer_norm<5>(e, rows, size);
      check_layer_norm<3>(e, rows, size);
      check_layer_norm<17>(e, rows, size);
      check_layer_norm<96>(e, rows, size);
    }
}

}  // namespace sdmae::testing
