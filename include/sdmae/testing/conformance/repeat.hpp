// Conformance of repeated work.
#pragma once

#include <vector>

#include "sdmae/backend/defaults.hpp"
#include "sdmae/testing/conformance/examiner.hpp"

namespace sdmae::testing {

/// repeat: every time the work is done on what is in memory then; pieces of work with other keys are others; what is
/// recorded may be given back.
template <tensor_backend B>
void check_repeat(examiner<B>& e) {
  using T = scalar_of<B>;
  constexpr index count = 19;
  guarded<B> x(e.backend, std::vector<T>(count, T(0))), y(e.backend, std::vector<T>(count, T(0)));
  const T* const from = x.data();
  T* const to = y.data();
  const auto adds = [=] SDMAE_ELEMENT(index r, index) { to[r] += from[r]; };
  const auto halves = [=] SDMAE_ELEMENT(index r, index) { to[r] *= T(0.5); };
  typename B::recordings recordings;
  T expected(0);
  for (int time = 0; time < 6; ++time) {
    if (time == 4) recordings = {};
    const T added = T(1 + time);
    x.write(std::vector<T>(count, added));
    e.backend.repeat(recordings, work_key{7}, [&] { e.backend.map(count, 1, adds); });
    e.backend.repeat(recordings, work_key{7, 1}, [&] { e.backend.map(count, 1, halves); });
    expected = (expected + added) * T(0.5);
    e.compare(shaped("repeat", {time}), y, std::vector<T>(count, expected), tolerance<T>::exact);
  }
}

}  // namespace sdmae::testing
