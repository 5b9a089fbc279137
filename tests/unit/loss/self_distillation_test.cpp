// Self-distillation against PyTorch 2.15 in float64, its center, its temperatures, and the two ways it collapses.
#include "sdmae/loss/self_distillation.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/weighted_sum.hpp"
#include "sdmae/testing/guarded.hpp"

using namespace sdmae;

namespace {

struct architecture {
  static constexpr image_shape image{.height = 4, .width = 4, .patch = 2};
  static constexpr sdmae::index N = 4, P = 12, K = 3;
  static constexpr distilled says = distilled::prototypes;
};
using backend_type = reference_backend<double>;
using values = std::vector<double>;

template <class Term>
struct evaluation {
  backend_type backend;
  testing::guarded<backend_type> state_memory{backend, 64}, scratch_memory{backend, 1024};
  typename Term::template state<double, architecture> state;
  values loss = values(2), entropy = values(2), student_entropy = values(2), likeliest = values(2),
         dstudent = values(6), dteacher = values(6), center;

  evaluation(const Term& term, const values& student, const values& teacher, const values& start, double weight,
             sdmae::index epoch = 0) {
    arena memory(reinterpret_cast<std::byte*>(state_memory.data()));
    state = Term::template state<double, architecture>::plan(memory);
    std::copy(start.begin(), start.end(), state.center.data);
    term.reset_step(backend, state, epoch);
    using images = normalised_images<architecture::image, double>;
    loss::slice<double, architecture, images> slice{images{}, mask_view{nullptr, 4, 2}, 0, 2, 2};
    slice.student = {student.data(), 2};
    slice.teacher = {teacher.data(), 2};
    slice.dstudent = {dstudent.data(), 2};
    slice.dteacher = {dteacher.data(), 2};
    arena scratch(reinterpret_cast<std::byte*>(scratch_memory.data()));
    term.evaluate(backend, weight, slice, state,
                  {loss.data(), entropy.data(), student_entropy.data(), likeliest.data()}, scratch);
    term.end_step(backend, state, 2);
    center.assign(state.center.data, state.center.data + 3);
  }
};

void close(const values& got, const values& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).epsilon(1e-12).margin(1e-14));
}

const values student{0.3, -0.1, 0.25, -0.2, 0.4, 0.1}, teacher{0.05, 0.1, -0.02, 0.2, 0.15, 0.18},
    center{0.01, -0.03, 0.02}, nothing(6, 0.0);
namespace gradient = loss::teacher_gradient;
namespace from = loss::center_from;

}  // namespace

TEST_CASE("loss, entropy, gradients and center are PyTorch's") {
  const evaluation got(loss::self_distillation<>{}, student, teacher, center, 0.2);
  close(got.loss, {4.064285150818486, 3.345725116540885});
  close(got.entropy, {0.37897525630626566, 1.0553113158120797});
  close(got.dstudent, {0.5213080908999311, -0.881853283762143, 0.36054519286221176, -0.4418583460808687,
                       0.6043760168750097, -0.16251767079414078});
  close(got.dteacher, {-0.8422404135054756, 0.9403005693978438, -0.0980601558923677, 3.0042420702655495,
                       -2.849606845476678, -0.15463522478886962});
  close(got.center, {0.03591743577995871, 0.03495398535833434, 0.02912857886170695});
}

TEST_CASE("the center follows logits, or stays; a stopped teacher has no gradient") {
  const evaluation logits(loss::self_distillation<gradient::stop, from::logits>{}, student, teacher, center, 0.2);
  close(logits.center, {0.0215, -0.0145, 0.026});
  CHECK(logits.dteacher == nothing);
  CHECK(logits.dstudent != nothing);
  const evaluation none(loss::self_distillation<gradient::flow, from::none>{}, student, teacher, center, 0.2);
  CHECK(none.center == center);
  CHECK(none.dteacher != nothing);
}

TEST_CASE("what tells a healthy distillation from a collapsed one is reported") {
  const evaluation got(loss::self_distillation<>{}, student, teacher, center, 0.2);
  for (std::size_t i = 0; i < 2; ++i) {
    double total = 0, expected = 0;
    for (std::size_t k = 0; k < 3; ++k) total += std::exp(student[3 * i + k] / 0.1);
    for (std::size_t k = 0; k < 3; ++k) {
      const double p = std::exp(student[3 * i + k] / 0.1) / total;
      expected -= p * std::log(p);
    }
    CHECK(got.student_entropy[i] == Approx(expected));
  }
  CHECK(got.likeliest == values{1, 0});  // of teacher − center
}

TEST_CASE("scores far apart give neither infinities nor NaN") {
  const values far{4000, -4000, 0, 0, 0, 4000};
  const evaluation got(loss::self_distillation<>{}, far, far, {0, 0, 0}, 1.0);
  for (const values* each : {&got.loss, &got.entropy, &got.dstudent, &got.dteacher, &got.center})
    for (double value : *each) CHECK(std::isfinite(value));
  CHECK(got.entropy[0] == 0.0);  // one prototype
}

TEST_CASE("equal scores are the uniform collapse: ln K twice") {
  const evaluation got(loss::self_distillation<>{}, nothing, nothing, {0, 0, 0}, 1.0);
  for (double value : got.loss) CHECK(value == Approx(std::log(3.0)));
  for (double value : got.entropy) CHECK(value == Approx(std::log(3.0)));
}

TEST_CASE("the teacher's temperature warms up linearly by epoch") {
  const loss::self_distillation<> term{
      .teacher_temperature = 0.07, .first_teacher_temperature = 0.04, .warmup_epochs = 31};
  CHECK(term.teacher_temperature_at(0) == 0.04);
  CHECK(term.teacher_temperature_at(15) == Approx(0.055));
  CHECK(term.teacher_temperature_at(30) == Approx(0.07));
  CHECK(term.teacher_temperature_at(31) == 0.07);
  CHECK(term.teacher_temperature_at(99) == 0.07);
  CHECK(loss::self_distillation<>{}.teacher_temperature_at(0) == 0.04);
  // A step of that epoch is taken at that temperature.
  const evaluation warming(term, student, teacher, center, 0.2, 15);
  const evaluation warm(loss::self_distillation<>{.teacher_temperature = 0.055}, student, teacher, center, 0.2);
  const evaluation hot(loss::self_distillation<>{.teacher_temperature = 0.07}, student, teacher, center, 0.2);
  close(warming.loss, warm.loss);
  close(warming.dteacher, warm.dteacher);
  CHECK(warming.loss != hot.loss);
}

TEST_CASE("a warm-up that starts nowhere, and temperatures that are none, are refused with a remedy") {
  const auto said = [](const loss::self_distillation<>& term) {
    try {
      (void)(1.0 * term);
    } catch (const sdmae::error& problem) {
      return std::string(problem.what());
    }
    return std::string();
  };
  CHECK(said({}) == "");
  CHECK(said({.first_teacher_temperature = 0.02, .warmup_epochs = 5}) == "");
  CHECK(said({.warmup_epochs = 5}) ==
        "self_distillation: warmup_epochs without the temperature that the warm-up starts at; set "
        "first_teacher_temperature, above 0, or leave warmup_epochs 0");
  CHECK(said({.student_temperature = 0}) != "");
  CHECK(said({.teacher_temperature = std::nan("")}) != "");
}
