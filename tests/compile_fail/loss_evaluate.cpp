// expect: a loss term must bring `void evaluate(backend, weight, slice, state, columns, scratch) const`
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/weighted_sum.hpp"

struct mute : sdmae::loss::stateless {
  static constexpr unsigned reads = sdmae::pixels_output, reaches = sdmae::pixels_output;
  static constexpr int column_count = 1;
  static constexpr std::array<sdmae::loss::report_column, 1> columns() { return {"mute"}; }
#ifdef SDMAE_SHOULD_COMPILE
  template <class B, class Slice, class State>
  void evaluate(B&, double, const Slice&, const State&, std::array<double*, 1>, sdmae::arena&) const {}
#endif
};

const auto sum = 0.5 * mute{};
