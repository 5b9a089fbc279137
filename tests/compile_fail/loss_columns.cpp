// expect: a loss term must bring `column_count` and `static columns()`
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/weighted_sum.hpp"

struct silent : sdmae::loss::stateless {
  static constexpr unsigned reads = sdmae::pixels_output, reaches = sdmae::pixels_output;
#ifdef SDMAE_SHOULD_COMPILE
  static constexpr int column_count = 1;
  static constexpr std::array<sdmae::loss::report_column, 1> columns() { return {"silent"}; }
#endif
  template <class B, class Slice, class State>
  void evaluate(B&, double, const Slice&, const State&, std::array<double*, 1>, sdmae::arena&) const {}
};

const auto sum = 0.5 * silent{};
