// Conformance of what an optimiser needs: fill, the gradient's norm, the AdamW update.
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include "sdmae/backend/defaults/adamw.hpp"
#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

/// w, m and v after one update of one value, from the formula as the paper writes it: bias-corrected moments, decoupled
/// decay.
struct textbook_adamw {
  using real = textbook::real;
  real rate, decay, beta1, beta2, epsilon;
  int update;

  void operator()(real gradient, bool decays, real& w, real& m, real& v) const {
    m = beta1 * m + (1 - beta1) * gradient;
    v = beta2 * v + (1 - beta2) * gradient * gradient;
    const real m_corrected = m / (1 - std::pow(beta1, real(update)));
    const real v_corrected = v / (1 - std::pow(beta2, real(update)));
    if (decays) w -= rate * decay * w;
    w -= rate * m_corrected / (std::sqrt(v_corrected) + epsilon);
  }
};

template <tensor_backend B>
void check_fill_and_norm(examiner<B>& e) {
  using T = scalar_of<B>;
  for (const index count : {0, 1, 4095, 4097, 20001}) {
    const auto values = e.draw(count);
    guarded<B> x(e.backend, values), filled(e.backend, count);
    e.backend.fill(filled.data(), count, T(-2.5));
    e.compare(shaped("fill", {count}), filled, std::vector<T>(values.size(), T(-2.5)), tolerance<T>::exact);

    guarded<B, double> sum(e.backend, 1), workspace(e.backend, e.backend.sum_of_squares_workspace(count));
    e.backend.sum_of_squares(x.data(), count, workspace.data());
    textbook::real expected = 0;
    for (const T value : values) expected += textbook::real(value) * textbook::real(value);
    const std::vector<double> got = workspace.read();
    sum.write({got[0]});
    e.compare(shaped("sum_of_squares", {count}), sum, std::vector<textbook::real>{expected},
              tolerance<double>::long_sum);
    if (!workspace.intact()) e.found.push_back(judged("sum_of_squares, wrote outside its workspace", false));
  }
}

/// Segments of a flat buffer of `size` values, in ascending order and in two groups with rates of their own; what lies
/// between them must keep its bits.
template <tensor_backend B>
void check_adamw(examiner<B>& e, index size, const std::vector<adamw_segment>& segments) {
  using T = scalar_of<B>;
  using textbook::real;
  auto w = e.draw(size), g = e.draw(size), m = e.draw(size), v = e.draw(size);
  for (index i = 0; i < size; ++i) {
    const auto k = static_cast<std::size_t>(i);
    v[k] = std::abs(v[k]);
    if (i % 7 == 3) g[k] = m[k] = v[k] = T(0);  // a parameter that nothing has reached yet
  }
  guarded<B> weights(e.backend, w), gradients(e.backend, g), first(e.backend, m), second(e.backend, v);
  std::vector<real> expected_w(w.begin(), w.end()), expected_m(m.begin(), m.end()), expected_v(v.begin(), v.end());
  for (int update = 1; update <= 3; ++update) {
    const real scale = update == 2 ? 0.5L : 1;  // as of a clipped gradient
    std::vector<textbook_adamw> steps;
    std::vector<adamw_numbers<T>> numbers;
    for (const real rate : {real(0.003) * update, real(0.001)}) {
      const textbook_adamw step{rate, 0.05L, 0.9L, 0.999L, 1e-8L, update};
      steps.push_back(step);
      numbers.push_back({T(1 - step.rate * step.decay), T(step.beta1), T(1 - step.beta1), T(step.beta2),
                         T(1 - step.beta2), T(step.rate / (1 - std::pow(step.beta1, real(update)))),
                         T(1 / std::sqrt(1 - std::pow(step.beta2, real(update)))), T(step.epsilon), T(scale)});
    }
    guarded<B> memory(e.backend, index(numbers.size() * sizeof(adamw_numbers<T>) / sizeof(T)));
    e.backend.copy_in(memory.data(), reinterpret_cast<const T*>(numbers.data()), memory.count());
    e.backend.adamw_update(std::span<const adamw_segment>(segments),
                           adamw_buffers<T>{weights.data(), gradients.data(), first.data(), second.data()},
                           reinterpret_cast<const adamw_numbers<T>*>(memory.data()));
    for (const adamw_segment& s : segments)
      for (index i = s.offset; i < s.offset + s.count; ++i) {
        const auto k = static_cast<std::size_t>(i);
        steps[static_cast<std::size_t>(s.group)](scale * g[k], s.decays, expected_w[k], expected_m[k], expected_v[k]);
      }
    e.backend.synchronise();
  }
  const double bound = tolerance<T>::optimiser;
  e.compare("adamw_update, weights", weights, expected_w, bound);
  e.compare("adamw_update, first moments", first, expected_m, bound);
  e.compare("adamw_update, second moments", second, expected_v, bound);
  e.compare("adamw_update, gradients unchanged", gradients, g, tolerance<T>::exact);
  const auto after = weights.read();
  bool untouched = true;
  index between = 0;
  const auto untouched_until = [&](index end) {
    for (; between < end; ++between) {
      const auto k = static_cast<std::size_t>(between);
      untouched = untouched && after[k] == w[k];
    }
  };
  for (const adamw_segment& s : segments) {
    untouched_until(s.offset);
    between = s.offset + s.count;
  }
  untouched_until(size);
  e.found.push_back(judged("adamw_update, nothing outside its segments", untouched));
}

/// Some of the segments decay.
template <tensor_backend B>
void check_adamw(examiner<B>& e) {
  check_adamw(e, 6001, {{0, 1, true}, {16, 37, false, 1}, {64, 5000, true, 1}, {5990, 11, false}});
}

}  // namespace sdmae::testing
