// Distillation of features computed in float: its sums are in double.
#include "sdmae/loss/feature_distillation.hpp"

#include <cmath>
#include <vector>

#include "catch.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/core/random.hpp"

using namespace sdmae;

namespace {

struct architecture {
  static constexpr image_shape image{.height = 4, .width = 4, .patch = 2};
  static constexpr sdmae::index N = 4, P = 12, K = 1024;
  static constexpr distilled says = distilled::features;
};
constexpr sdmae::index K = architecture::K;

struct result {
  double loss = 0;
  std::vector<float> dstudent = std::vector<float>(K), dteacher = std::vector<float>(K);
};

/// Of one image.
template <class Term>
result evaluate(const Term& term, const std::vector<float>& student, const std::vector<float>& teacher) {
  using images_type = normalised_images<architecture::image, float>;
  reference_backend<float> backend;
  result got;
  std::vector<std::byte> memory(1 << 12);
  arena scratch(memory.data());
  loss::slice<float, architecture, images_type> slice{images_type{nullptr}, painted_patches({nullptr, 4, 4}, 4), 0, 1,
                                                      1};
  slice.student = {student.data(), 1};
  slice.teacher = {teacher.data(), 1};
  slice.dstudent = {got.dstudent.data(), 1};
  slice.dteacher = {got.dteacher.data(), 1};
  const typename Term::template state<float, architecture> none{};
  term.evaluate(backend, 1.0, slice, none, {&got.loss}, scratch);
  return got;
}

}  // namespace

TEST_CASE("the cosine of nearly parallel features is exact in float") {
  random_sequence numbers(3, stream::test, 0, 0);
  std::vector<float> student, teacher;
  for (sdmae::index i = 0; i < K; ++i) {
    student.push_back(float(numbers.uniform(0.5, 1.5)));
    teacher.push_back(student.back() * float(1 + numbers.uniform(-1e-3, 1e-3)));
  }
  double product = 0, of_student = 0, of_teacher = 0;
  for (std::size_t i = 0; i < std::size_t{K}; ++i) {
    product += double(student[i]) * double(teacher[i]);
    of_student += double(student[i]) * double(student[i]);
    of_teacher += double(teacher[i]) * double(teacher[i]);
  }
  const double cosine = product / std::sqrt(of_student * of_teacher);
  const result got = evaluate(loss::feature_distillation<>{}, student, teacher);
  CHECK(1 - cosine < 1e-6);  // less than the rounding of a sum in float
  CHECK(got.loss == Approx(1 - cosine).epsilon(1e-8));
  double error = 0, size = 0;
  for (std::size_t i = 0; i < std::size_t{K}; ++i) {
    const double s = double(student[i]) / std::sqrt(of_student), t = double(teacher[i]) / std::sqrt(of_teacher);
    const double wanted = (cosine * s - t) / std::sqrt(of_student);
    error += std::pow(double(got.dstudent[i]) - wanted, 2);
    size += wanted * wanted;
  }
  CHECK(std::sqrt(error / size) < 1e-6);
}

TEST_CASE("the mean distance of features is summed in double") {
  const std::vector<float> student(K, 1.0f + 1e-3f), teacher(K, 1.0f);
  const double difference = double(student[0]) - 1.0;
  const loss::feature_distillation<loss::objective::squared> squared;
  CHECK(evaluate(squared, student, teacher).loss == Approx(difference * difference).epsilon(1e-12));
}
