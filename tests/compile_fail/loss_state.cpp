// expect: a loss term must bring `template <class T, class Architecture> struct state` with plan(arena&) and persistent(f)
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/weighted_sum.hpp"

struct planless {
  static constexpr unsigned reads = sdmae::pixels_output, reaches = sdmae::pixels_output;
  static constexpr int column_count = 1;
  static constexpr std::array<sdmae::loss::report_column, 1> columns() { return {"planless"}; }
  template <class T, class Architecture>
  struct state {
#ifdef SDMAE_SHOULD_COMPILE
    static state plan(sdmae::arena&) { return {}; }
#endif
    template <class F>
    void persistent(F) const {}
  };
  template <class B, class State>
  void reset_step(B&, const State&, sdmae::index) const {}
  template <class B, class State>
  void end_step(B&, const State&, sdmae::index) const {}
  template <class B, class Slice, class State>
  void evaluate(B&, double, const Slice&, const State&, std::array<double*, 1>, sdmae::arena&) const {}
};

using sdmae::loss::operator*;
const auto sum = 0.5 * planless{};
