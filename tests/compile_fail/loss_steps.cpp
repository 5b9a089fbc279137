// expect: a loss term must bring `reset_step(backend, state, epoch) const` and `end_step(backend, state, batch) const`
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/weighted_sum.hpp"

struct forgetful {
  static constexpr unsigned reads = sdmae::pixels_output, reaches = sdmae::pixels_output;
  static constexpr int column_count = 1;
  static constexpr std::array<sdmae::loss::report_column, 1> columns() { return {"forgetful"}; }
  template <class T, class Architecture>
  struct state : sdmae::loss::stateless::state<T, Architecture> {
    static state plan(sdmae::arena&) { return {}; }
  };
#ifdef SDMAE_SHOULD_COMPILE
  template <class B, class State>
  void reset_step(B&, const State&, sdmae::index) const {}
  template <class B, class State>
  void end_step(B&, const State&, sdmae::index) const {}
#endif
  template <class B, class Slice, class State>
  void evaluate(B&, double, const Slice&, const State&, std::array<double*, 1>, sdmae::arena&) const {}
};

using sdmae::loss::operator*;
const auto sum = 0.5 * forgetful{};
