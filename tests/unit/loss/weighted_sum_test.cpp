// Sums of losses are written as formulas; a weight of zero takes a term out.
#include "sdmae/loss/weighted_sum.hpp"

#include <string>
#include <vector>

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

TEST_CASE("terms of one kind are told apart by number, in the log and in a checkpoint") {
  const loss::reconstruction<> masked;
  const loss::reconstruction<loss::target::unit, loss::distance::absolute, loss::pixels_of::all_patches> all;
  const loss::self_distillation<> warm, cold;
  const auto sum = 0.5 * masked + 0.1 * all + 0.3 * warm + 0.1 * cold;
  const std::vector<std::string> names(sum.names().begin(), sum.names().end());
  CHECK(names == std::vector<std::string>{"reconstruction", "reconstruction_2", "distillation", "teacher_entropy",
                                          "student_entropy", "used_prototypes", "distillation_2", "teacher_entropy_2",
                                          "student_entropy_2", "used_prototypes_2"});
  struct outputs : loss::detail::probe_architecture {};
  std::vector<std::byte> bytes(1 << 12);
  arena memory(bytes.data());
  std::vector<std::string> kept;
  std::vector<const double*> where;
  decltype(sum)::states<double, outputs>::plan(memory).persistent(
      [&](const std::string& name, const double* values, sdmae::index) {
        kept.push_back(name);
        where.push_back(values);
      });
  REQUIRE(kept == std::vector<std::string>{"center", "center_2"});
  CHECK(where[0] != where[1]);
}
