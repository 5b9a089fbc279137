// Sums of losses are written as formulas; a weight of zero takes a term out.
#include "sdmae/loss/weighted_sum.hpp"

#include "catch.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"

using namespace sdmae;

TEST_CASE("a sum reads and reaches what its terms with a weight do") {
  const loss::reconstruction<> painted;
  const loss::self_distillation<> taught;
  const loss::self_distillation<loss::teacher_gradient::stop> stopped;
  const auto sum = 0.8 * painted + 0.2 * taught;
  static_assert(decltype(sum)::columns == 5);
  CHECK(std::get<0>(sum.terms).weight == 0.8);
  CHECK(std::get<1>(sum.terms).weight == 0.2);
  CHECK(sum.reads() == all_outputs);
  CHECK(sum.reaches() == all_outputs);
  CHECK((0.8 * painted + 0.2 * stopped).reads() == all_outputs);
  CHECK((0.8 * painted + 0.2 * stopped).reaches() == (pixels_output | student_output));
  CHECK((0.8 * painted + 0.0 * taught).reads() == pixels_output);
  CHECK((0.0 * painted + 0.2 * taught).reads() == (student_output | teacher_output));
  CHECK((0.0 * painted + 0.0 * taught).reaches() == no_output);
}
