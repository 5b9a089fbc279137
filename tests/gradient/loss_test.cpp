// Gradients of the losses: every target with every distance, every policy of the teacher's gradient with every one of
// the center, all combinations generated.
#include <string>
#include <tuple>

#include "backends.hpp"
#include "sdmae/core/batch.hpp"
#include "sdmae/loss/cross_entropy.hpp"
#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/loss/texture.hpp"
#include "sdmae/testing/losses.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>

/// What losses ask of an architecture.
struct outputs_only {
  static constexpr image_shape image{.height = 6, .width = 9, .patch = 3, .channels = 3};
  static constexpr index N = image.patches(), P = image.patch_values(), K = 7, spoken = 1;
  static constexpr distilled says = distilled::prototypes;
};
struct outputs_of_tokens : outputs_only {
  static constexpr index spoken = 3;
};
/// Patches that hold more than the values of a texture: some outputs have no target.
struct large_patches : outputs_only {
  static constexpr image_shape image{.height = 12, .width = 18, .patch = 6, .channels = 3};
  static constexpr index P = image.patch_values();
};
struct classes : outputs_only {
  static constexpr distilled says = distilled::classes;
};
template <class Outputs>
struct features : Outputs {
  static constexpr distilled says = distilled::features;
};

using targets = std::tuple<loss::target::patch_channel, loss::target::patch, loss::target::unit, loss::target::input>;
using distances = std::tuple<loss::distance::squared, loss::distance::absolute, loss::distance::smooth_l1>;
using counted = std::tuple<loss::pixels_of::masked_patches, loss::pixels_of::all_patches>;
using objectives = std::tuple<loss::objective::cosine, loss::objective::smooth_l1, loss::objective::squared>;
using gradients = std::tuple<loss::teacher_gradient::flow, loss::teacher_gradient::stop>;
using centers = std::tuple<loss::center_from::probabilities, loss::center_from::logits, loss::center_from::none>;

/// About every second patch of the kit's images is background by this.
constexpr background half_of_the_patches{.brightness = 0.55, .saturation = 0.5, .share = 0.45};

/// f(a, b) for every type of one list with every type of the other.
template <class... A, class... Other, class F>
void every_pair(std::tuple<A...>, std::tuple<Other...>, F f) {
  const auto with_every_other = [&](auto a) { (f(a, Other{}), ...); };
  (with_every_other(A{}), ...);
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of the losses", "", EVERY_BACKEND) {
  TestType backend;
  every_pair(targets{}, distances{}, [&](auto target, auto distance) {
    every_pair(counted{}, std::tuple<int>{}, [&](auto which, int) {
      const loss::reconstruction<decltype(target), decltype(distance), decltype(which)> term;
      const std::string name = std::string(target.name) + ", " + distance.name + ", " + which.name;
      CHECK(failures(check_loss<outputs_only>(backend, term, name)) == "");
      const auto on_tissue = term.on_tissue(half_of_the_patches);
      CHECK(failures(check_loss<outputs_only>(backend, on_tissue, name + ", on tissue")) == "");
    });
  });
  every_pair(std::tuple<loss::target::texture>{}, distances{}, [&](auto target, auto distance) {
    const loss::reconstruction<decltype(target), decltype(distance)> term;
    CHECK(failures(check_loss<large_patches>(backend, term, std::string("texture, ") + distance.name)) == "");
  });
  every_pair(gradients{}, centers{}, [&](auto gradient, auto center) {
    // Warm enough that the teacher does not single out one prototype, which would hide its gradient.
    const loss::self_distillation<decltype(gradient), decltype(center)> term{.student_temperature = 0.7,
                                                                             .teacher_temperature = 0.6};
    const std::string name = std::string(gradient.name) + ", " + center.name;
    CHECK(failures(check_loss<outputs_only>(backend, term, name)) == "");
    CHECK(failures(check_loss<outputs_of_tokens>(backend, term, name + ", per token")) == "");
  });
  every_pair(objectives{}, gradients{}, [&](auto objective, auto gradient) {
    const loss::feature_distillation<decltype(objective), decltype(gradient)> term;
    const std::string name = std::string("features, ") + objective.name + ", " + gradient.name;
    CHECK(failures(check_loss<features<outputs_only>>(backend, term, name)) == "");
    CHECK(failures(check_loss<features<outputs_of_tokens>>(backend, term, name + ", per token")) == "");
  });
  for (const double smoothing : {0.0, 0.1})
    for (const sdmae::index told : {0, 3}) {
      const loss::cross_entropy term{.smoothing = smoothing, .classes = told};
      CHECK(failures(check_loss<classes>(backend, term, "cross-entropy of " + std::to_string(told))) == "");
    }
}

#if !defined(SDMAE_TEST_CUDA)  // of the kit itself, on the CPU
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
      backend.map(slice.count - 1, 1, [=](index r, index) { columns[0][1 + r] = std::nan(""); });
    if (Fault == fault::reported_with_weight)
      backend.map(slice.count, 1, [=](index r, index) { columns[0][slice.first + r] *= weight; });
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
#endif
