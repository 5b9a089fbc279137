// Gradients of the losses: every target, every policy of the teacher's gradient and of the center.
#include "backends.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/testing/losses.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>

/// What losses ask of an architecture.
struct outputs_only {
  static constexpr image_shape image{.height = 6, .width = 9, .patch = 3, .channels = 3};
  static constexpr index N = image.patches(), P = image.patch_values(), K = 7;
};

template <class B>
void check_reconstruction(B& backend) {
  using namespace loss::target;
  CHECK(failures(check_loss<outputs_only>(backend, loss::reconstruction<patch_channel>{}, "per patch and channel")) ==
        "");
  CHECK(failures(check_loss<outputs_only>(backend, loss::reconstruction<patch>{}, "per patch")) == "");
  CHECK(failures(check_loss<outputs_only>(backend, loss::reconstruction<unit>{}, "unit")) == "");
  CHECK(failures(check_loss<outputs_only>(backend, loss::reconstruction<input>{}, "input")) == "");
}

template <class Gradient, class Center, class B>
void check_distillation(B& backend, const char* name) {
  // Warm enough that the teacher does not single out one prototype, which would hide its gradient.
  const loss::self_distillation<Gradient, Center> term{.student_temperature = 0.7, .teacher_temperature = 0.6};
  CHECK(failures(check_loss<outputs_only>(backend, term, name)) == "");
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of the losses", "", EVERY_BACKEND) {
  TestType backend;
  check_reconstruction(backend);
  using namespace loss;
  check_distillation<teacher_gradient::flow, center_from::probabilities>(backend, "flow, probabilities");
  check_distillation<teacher_gradient::flow, center_from::logits>(backend, "flow, logits");
  check_distillation<teacher_gradient::flow, center_from::none>(backend, "flow, none");
  check_distillation<teacher_gradient::stop, center_from::probabilities>(backend, "stop, probabilities");
  check_distillation<teacher_gradient::stop, center_from::logits>(backend, "stop, logits");
  check_distillation<teacher_gradient::stop, center_from::none>(backend, "stop, none");
}

namespace {

/// A loss with a fault each, for the kit to name.
enum class fault { none, half_gradient, overwrites, first_image_only, ignores_first, reported_with_weight };

template <fault Fault>
struct wrong_reconstruction : loss::reconstruction<loss::target::input> {
  template <class B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State& s, std::array<double*, 1> columns,
                arena& scratch) const {
    Slice changed = slice;
    if (Fault == fault::ignores_first) changed.first = 0;
    if (Fault == fault::overwrites)
      backend.map(slice.dpixels.rows(), Slice::P, [=](index r, index c) { slice.dpixels(r, c) = 0; });
    loss::reconstruction<loss::target::input>::evaluate(backend, Fault == fault::half_gradient ? weight / 2 : weight,
                                                        changed, s, columns, scratch);
    if (Fault == fault::first_image_only && slice.first == 0)
      backend.map(slice.count() - 1, 1, [=](index r, index) { columns[0][1 + r] = std::nan(""); });
    if (Fault == fault::reported_with_weight)
      backend.map(slice.count(), 1, [=](index r, index) { columns[0][slice.first + r] *= weight; });
  }
};

template <fault Fault>
std::string said() {
  reference_double backend;
  return failures(check_loss<outputs_only>(backend, wrong_reconstruction<Fault>{}, "wrong"));
}

}  // namespace

TEST_CASE("the loss kit names what is wrong") {
  CHECK(said<fault::none>() == "");
  CHECK(said<fault::half_gradient>().find("gradient of pixels") != std::string::npos);
  CHECK(said<fault::overwrites>().find("gradient of pixels is added") != std::string::npos);
  CHECK(said<fault::first_image_only>().find("every image's numbers") != std::string::npos);
  CHECK(said<fault::ignores_first>().find("slices of 1") != std::string::npos);
  CHECK(said<fault::reported_with_weight>().find("does not depend on the weight") != std::string::npos);
}
