// Gradients of whole models of every kind: either tower, tokens, masks, distillations and losses in combinations that
// are generated such that every pair of options occurs.
#include <array>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backends.hpp"
#include "model_gradient.hpp"
#include "pairwise.hpp"
#include "sdmae/loss/feature_distillation.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/model/mae.hpp"
#include "sdmae/model/sd_mae.hpp"

namespace {

namespace loss = sdmae::loss;
using namespace sdmae;

enum factor {
  kind,
  class_token,
  encoder_positions,
  decoder_positions,
  encoder_scale,
  decoder_scale,
  encoder_drops,
  decoder_drops,
  encoder_head_width,
  decoder_head_width,
  encoder_bias,
  decoder_bias,
  ratio,
  sorted,
  per_token,
  gradient,
  variant,
  target,
  distance,
  counted,
  tissue,
  device,
  factors
};
constexpr int levels[factors] = {3, 2, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 2, 2, 3, 4, 3, 2, 2, 2};
enum kinds { of_prototypes, of_features, he_et_al };

/// He et al.'s MAE: see mae_tower; and nothing is distilled.
struct truth {
  constexpr void operator()(int (&c)[factors]) const {
    if (c[kind] != he_et_al) return;
    for (const factor has : {class_token, encoder_bias, decoder_bias}) c[has] = 1;
    for (const factor place : {encoder_positions, decoder_positions})
      if (c[place] == int(position_kind::sinusoid_1d)) c[place] = int(position_kind::sin_cos_2d);
    for (const factor without : {per_token, gradient, variant}) c[without] = -1;
  }
};
constexpr int rows = 20;
constexpr pairwise::covering_rows<rows, factors, truth> chosen(levels, 36);
static_assert(chosen.every_pair_occurs(levels));

template <factor Factor, int Row, class... Choices>
using choice = std::tuple_element_t<static_cast<std::size_t>(chosen.row[Row][Factor]), std::tuple<Choices...>>;

/// The options of a tower, whose factors are the encoder's or follow them by `next`.
constexpr vit_shape tower(vit_shape shape, const int (&c)[factors], int next) {
  shape.class_token = c[class_token] == 1;
  shape.positions = static_cast<position_kind>(c[encoder_positions + next]);
  shape.layer_scale = c[encoder_scale + next] == 1;
  shape.drop_path = c[encoder_drops + next] == 1;
  shape.width_of_head = c[encoder_head_width + next] == 1 ? 3 : 0;
  shape.bias = c[encoder_bias + next] == 1 ? qkv_bias::full : qkv_bias::query_and_value;
  return shape;
}

template <int Row>
constexpr auto architecture_of() {
  constexpr auto& c = chosen.row[Row];
  constexpr vit_shape encoder = tower({.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2}, c, 0);
  constexpr vit_shape decoder = tower({.width = 12, .depth = 1, .heads = 3, .mlp_ratio = 2}, c, 1);
  constexpr bool per = c[per_token] == 1;
  if constexpr (c[kind] == he_et_al)
    return std::type_identity<mae<tiny::oblong, encoder, decoder>>{};
  else if constexpr (c[kind] == of_features)
    return std::type_identity<sd_mae<tiny::oblong, encoder, decoder, feature_shape{.per_token = per}>>{};
  else
    return std::type_identity<sd_mae<tiny::oblong, encoder, decoder,
                                     head_shape{.hidden = 7, .bottleneck = 5, .prototypes = 9, .per_token = per}>>{};
}

template <int Row>
using teacher = choice<gradient, Row, loss::teacher_gradient::flow, loss::teacher_gradient::stop>;

template <int Row>
auto taught(std::true_type) {
  using objective = choice<variant, Row, loss::objective::cosine, loss::objective::smooth_l1, loss::objective::squared>;
  return loss::feature_distillation<objective, teacher<Row>>{};
}
template <int Row>
auto taught(std::false_type) {
  using center =
      choice<variant, Row, loss::center_from::probabilities, loss::center_from::logits, loss::center_from::none>;
  return loss::self_distillation<teacher<Row>, center>{
      .student_temperature = 0.5, .teacher_temperature = 0.4, .center_momentum = 1.0};
}

/// A term whose teacher stays what it said in the first step: the loss whose differences are the gradient when none
/// flows through the teacher.
template <class Term, class Backend>
struct with_frozen_teacher : Term {
  std::shared_ptr<std::map<sdmae::index, std::vector<double>>> said =
      std::make_shared<std::map<sdmae::index, std::vector<double>>>();

  template <class B, class Slice, class State>
  void evaluate(B& backend, double weight, const Slice& slice, const State& kept,
                std::array<double*, Term::column_count> columns, arena& scratch) const {
    Slice frozen = slice;
    if constexpr (std::is_same_v<B, Backend>) {  // and not while memory is planned
      auto& values = (*said)[slice.first];
      if (values.empty()) values.assign(slice.teacher.data, slice.teacher.data + slice.teacher.size());
      frozen.teacher = {values.data(), slice.teacher.rows()};
    }
    Term::evaluate(backend, weight, frozen, kept, columns, scratch);
  }
};

template <class Backend, class Term>
auto differentiable(const Term& term) {
  if constexpr ((Term::reaches & teacher_output) != 0)
    return term;
  else
    return with_frozen_teacher<Term, Backend>{term};
}

/// The loss of a row, with what is distilled where there is anything.
template <int Row, class Backend, class Painted>
auto loss_of(const Painted& painted) {
  if constexpr (chosen.row[Row][kind] == he_et_al)
    return 0.7 * painted;
  else
    return 0.7 * painted +
           0.3 * differentiable<Backend>(taught<Row>(std::bool_constant<chosen.row[Row][kind] == of_features>{}));
}

template <int Row>
void check_row() {
  constexpr auto& c = chosen.row[Row];
  using backend = choice<device, Row, reference_double, eigen_double>;
  using architecture = typename decltype(architecture_of<Row>())::type;
  const loss::reconstruction<
      choice<target, Row, loss::target::patch_channel, loss::target::patch, loss::target::unit, loss::target::input>,
      choice<distance, Row, loss::distance::squared, loss::distance::absolute, loss::distance::smooth_l1>,
      choice<counted, Row, loss::pixels_of::masked_patches, loss::pixels_of::all_patches>>
      plain;
  const auto painted = c[tissue] == 1 ? plain.on_tissue({.brightness = 0.5, .saturation = 0.3}) : plain;
  const auto all = loss_of<Row, backend>(painted);
  constexpr double ratios[] = {0.5, 0.2, 0.8};
  const masking::random mask{.ratio = ratios[c[ratio]], .sorted = c[sorted] == 1};
  const double dropped = c[encoder_drops] + c[decoder_drops] > 0 ? 0.5 : 0;
  const auto found = model_gradient::check_model<backend, architecture>(all, all.reaches(), mask, dropped);
  INFO("combination " << Row);
  CHECK(sdmae::testing::failures(found) == "");
}

template <int... Row>
void check_rows(std::integer_sequence<int, Row...>) {
  (check_row<Row>(), ...);
}

}  // namespace

TEST_CASE("gradients of whole models in every pair of options") { check_rows(std::make_integer_sequence<int, rows>{}); }

TEST_CASE("gradients of the whole model where only one loss has a weight") {
  using sdmae::testing::failures;
  const loss::reconstruction<> pixels;
  const loss::self_distillation<> taught{
      .student_temperature = 0.5, .teacher_temperature = 0.4, .center_momentum = 1.0};
  CHECK(failures(model_gradient::check_model<reference_double, tiny::scaled_architecture>(0.7 * pixels + 0.0 * taught,
                                                                                          sdmae::pixels_output)) == "");
  CHECK(failures(model_gradient::check_model<reference_double, tiny::scaled_architecture>(
            0.0 * pixels + 1.3 * taught, sdmae::student_output | sdmae::teacher_output)) == "");
}

TEST_CASE("gradients of He et al.'s MAE through two losses of pixels, masks by its own rounding") {
  using mae = sdmae::mae<tiny::oblong, sdmae::vit_shape{.width = 8, .depth = 2, .heads = 2, .mlp_ratio = 2},
                         sdmae::vit_shape{.width = 12, .depth = 1, .heads = 3, .mlp_ratio = 2}>;
  const auto masked = loss::reconstruction<loss::target::patch>{};
  const auto all = loss::reconstruction<loss::target::input, loss::distance::smooth_l1, loss::pixels_of::all_patches>{};
  const auto found = model_gradient::check_model<eigen_double, mae>(0.5 * masked + 0.5 * all, sdmae::pixels_output,
                                                                    sdmae::masking::he_et_al(0.6));
  CHECK(sdmae::testing::failures(found) == "");
}
