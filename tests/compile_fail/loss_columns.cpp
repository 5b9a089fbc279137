// expect: a loss term must bring `column_count` and `static columns()`
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/weighted_sum.hpp"

struct silent {
  static constexpr unsigned reads = sdmae::pixels_output, reaches = sdmae::pixels_output;
#ifdef SDMAE_SHOULD_COMPILE
  static constexpr int column_count = 1;
  static constexpr std::array<sdmae::loss::report_column, 1> columns() { return {"silent"}; }
#endif
  template <class T, class Architecture>
  struct state {};
};

using sdmae::loss::operator*;
const auto sum = 0.5 * silent{};
