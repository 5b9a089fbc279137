// Gradients of tower, encoder, decoder and projection head.
#include <string>
#include <utility>

#include "backends.hpp"
#include "sdmae/testing/gradient.hpp"
#include "sdmae/vit/classification_head.hpp"
#include "sdmae/vit/decoder.hpp"
#include "sdmae/vit/encoder.hpp"
#include "sdmae/vit/projection_head.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>
constexpr image_shape image{.height = 4, .width = 6, .patch = 2, .channels = 2};
constexpr vit_shape shape{.width = 6, .depth = 2, .heads = 2, .mlp_ratio = 2};

/// Every combination of what a tower's tokens can have: bit 0 a class token, the rest how they know their place.
constexpr vit_shape shape_of(int bits) {
  return {.width = 8,
          .depth = 2,
          .heads = 2,
          .mlp_ratio = 2,
          .class_token = bits % 2 != 0,
          .positions = static_cast<position_kind>(bits / 2)};
}
constexpr int combinations = 6;
std::string described(vit_shape t) {
  const char* const places[] = {", fixed table", ", stored table", ", learned table"};
  return (t.class_token ? ", class token" : "") + std::string(places[static_cast<int>(t.positions)]);
}

constexpr index images = 2, N = image.patches(), V = 2, M = N - V, D = shape.width, P = image.patch_values();
constexpr std::int32_t order[images * N] = {1, 4, 0, 2, 3, 5, 0, 5, 1, 2, 3, 4};

/// Memory that forward and backward plan alike: the masks, and which patch each visible row shows.
struct masked {
  mask_view mask;
  std::int32_t* visible_patch;

  template <class B>
  masked(B& backend, arena& memory) {
    std::int32_t* const at = memory.take<std::int32_t>("order", images * N);
    visible_patch = memory.take<std::int32_t>("visible", images * V);
    backend.copy_in(at, order, images * N);
    mask = {at, N, V};
    const std::int32_t seen[images * V] = {1, 4, 0, 5};
    backend.copy_in(visible_patch, seen, images * V);
  }
};

template <bool FinalNorm, class B>
differentiable<double> tower_case(B& backend) {
  constexpr vit_shape tower{.width = D, .depth = 2, .heads = 2, .mlp_ratio = 2, .final_norm = FinalNorm};
  using layer = vit::tower<tower>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index rows = images * N;
  differentiable<double> d;
  d.name = FinalNorm ? "tower" : "tower without final norm";
  d.inputs = {{"x", rows * D}};
  d.outputs = {{"y", rows * D}};
  d.sampled = 12;
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    saved s = saved::plan(call.memory, images, rows);
    (FinalNorm ? s.norm.output : s.blocks.back().output) = rows_view<double, D>{call.outputs[0], rows};
    layer::forward(backend, N, {call.inputs[0], rows}, p, s, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, images, rows);
    layer::backward(backend, N, {call.doutputs[0], rows}, {call.inputs[0], rows}, p, s,
                    bind_parameters<parameters>(call.dparameters), {call.dinputs[0], rows}, call.memory);
  };
  return d;
}

/// The table of a tower that stores none, as an input of the case.
template <class Place>
typename Place::template constants<double> table_of(const double* values) {
  return {matrix_view<double, N, Place::D>(const_cast<double*>(values))};
}

template <vit_shape Tower, class B>
differentiable<double> encoder_case(B& backend) {
  using layer = vit::encoder<image, Tower>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index W = Tower.width, rows = images * (V + layer::C);
  differentiable<double> d;
  d.name = "encoder" + described(Tower);
  d.inputs = {{"images", images * image.values(), gradient_kind::none}, {"positions", N * W, gradient_kind::none}};
  d.outputs = {{"tokens", rows * W}};
  d.sampled = 12;
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    saved s = saved::plan(call.memory, images, V);
    s.tower.norm.output = {call.outputs[0], rows};
    if (layer::C == 0) s.patches = s.tower.norm.output;
    layer::forward(backend, normalised_images<image, double>{call.inputs[0]}, V, m.visible_patch,
                   table_of<typename layer::place>(call.inputs[1]), p, s, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    const saved s = saved::plan(call.memory, images, V);
    layer::backward(backend, V, m.visible_patch, {call.doutputs[0], rows}, p, s,
                    bind_parameters<parameters>(call.dparameters), call.memory);
  };
  return d;
}

/// `asked`: bits of outputs.
template <vit_shape Tower, vit::token_order Order, class B>
differentiable<double> decoder_case(B& backend, unsigned asked) {
  using layer = vit::decoder<image, Tower, Order>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index W = Tower.width, rows = images * (V + layer::C);
  const index taught = (asked & teacher_output) != 0 ? images * V : 0;
  const index each = (asked & pixels_output) == 0 ? 0 : (asked & visible_pixels_output) != 0 ? N : M;
  const index painted = images * each;
  differentiable<double> d;
  d.name = "decoder" + described(Tower) + (Order == vit::token_order::reading ? ", reading order" : "") +
           (each == N   ? ", all pixels"
            : each == M ? ", masked pixels"
                        : ", no pixels") +
           (taught ? "" : ", no teacher");
  d.inputs = {
      {"tokens", rows * W}, {"mask_token", W, gradient_kind::accumulated}, {"positions", N * W, gradient_kind::none}};
  d.outputs = {{"visible", taught * W}, {"pixels", painted * P}};
  d.sampled = 12;
  d.template takes<parameters>();
  d.forward = [&backend, asked, taught, painted](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    saved s = saved::plan(call.memory, images, m.mask, asked);
    s.visible = {call.outputs[0], taught};
    s.pixels = {call.outputs[1], painted};
    layer::forward(backend, m.mask, {call.inputs[0], rows}, vector_view<const double, W>{call.inputs[1]},
                   table_of<typename layer::place>(call.inputs[2]), p, s, call.memory);
  };
  d.backward = [&backend, asked, taught, painted](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    const saved s = saved::plan(call.memory, images, m.mask, asked);
    layer::backward(backend, m.mask, {call.doutputs[0], taught}, {call.doutputs[1], painted}, p, s,
                    bind_parameters<parameters>(call.dparameters), {call.dinputs[0], rows},
                    vector_view<double, W>{call.dinputs[1]}, call.memory);
  };
  return d;
}

template <bool PerToken, class B>
differentiable<double> projection_head_case(B& backend) {
  using layer =
      vit::projection_head<D, head_shape{.hidden = 7, .bottleneck = 5, .prototypes = 9, .per_token = PerToken}>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  using effective = typename layer::prototypes::template effective<double>;
  constexpr index rows = images * V;
  differentiable<double> d;
  constexpr index scored = PerToken ? rows : images;
  d.name = PerToken ? "projection head per token" : "projection head";
  d.inputs = {{"x", rows * D, gradient_kind::accumulated}};
  d.outputs = {{"scores", scored * layer::K}};
  d.accumulates_parameters = false;  // prototypes are finished once
  d.template takes<parameters>();
  const auto take = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const effective e = effective::plan(call.memory, backend);
    layer::prototypes::prepare(backend, p.last_layer, e);
    return std::tuple(p, e, saved::plan(call.memory, "head", images, rows));
  };
  d.forward = [&backend, take](auto& call) {
    auto [p, e, s] = take(call);
    s.scores = {call.outputs[0], scored};
    layer::forward(backend, {call.inputs[0], rows}, p, e, s);
  };
  d.backward = [&backend, take](auto& call) {
    const auto [p, e, s] = take(call);
    const auto gradient = bind_parameters<parameters>(call.dparameters);
    layer::backward(backend, {call.doutputs[0], scored}, {call.inputs[0], rows}, p, e, s, gradient,
                    {call.dinputs[0], rows}, call.memory);
    layer::prototypes::finish(backend, p.last_layer, e, gradient.last_layer, call.memory);
  };
  return d;
}

template <index ClassTokens, pooling Pooling, class B>
differentiable<double> classification_head_case(B& backend) {
  using layer = vit::classification_head<D, 5, ClassTokens, Pooling>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index rows = images * (N + ClassTokens);
  differentiable<double> d;
  d.name = std::string(Pooling == pooling::mean ? "mean" : "class token") + " of " + std::to_string(ClassTokens) +
           " class tokens and patches, to classes";
  d.inputs = {{"tokens", rows * D}};
  d.outputs = {{"scores", images * layer::K}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    saved s = saved::plan(call.memory, images);
    s.scores = {call.outputs[0], images};
    layer::forward(backend, N, {call.inputs[0], rows}, p, s);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, images);
    layer::backward(backend, N, {call.doutputs[0], images}, p, s, bind_parameters<parameters>(call.dparameters),
                    {call.dinputs[0], rows}, call.memory);
  };
  return d;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of the parts of a vision transformer", "", EVERY_BACKEND) {
  TestType backend;
  CHECK(failures(check_gradients(backend, tower_case<true>(backend))) == "");
  CHECK(failures(check_gradients(backend, tower_case<false>(backend))) == "");
  CHECK(failures(check_gradients(backend, classification_head_case<0, pooling::mean>(backend))) == "");
  CHECK(failures(check_gradients(backend, classification_head_case<1, pooling::mean>(backend))) == "");
  CHECK(failures(check_gradients(backend, classification_head_case<1, pooling::class_token>(backend))) == "");
  CHECK(failures(check_gradients(backend, projection_head_case<false>(backend))) == "");
  CHECK(failures(check_gradients(backend, projection_head_case<true>(backend))) == "");
}

namespace {

/// Encoder and decoder of one combination, the decoder in both orders and for everything that may be asked of it.
template <int Bits, class B>
void check_tokens(B& backend) {
  constexpr vit_shape tower = shape_of(Bits);
  CHECK(failures(check_gradients(backend, encoder_case<tower>(backend))) == "");
  for (const unsigned asked : {unsigned{pixels_output}, unsigned{teacher_output}, unsigned{all_outputs},
                               all_outputs | visible_pixels_output}) {
    CHECK(failures(check_gradients(backend, decoder_case<tower, vit::token_order::mask>(backend, asked))) == "");
    CHECK(failures(check_gradients(backend, decoder_case<tower, vit::token_order::reading>(backend, asked))) == "");
  }
}

template <class B, int... Bits>
void check_all_tokens(B& backend, std::integer_sequence<int, Bits...>) {
  (check_tokens<Bits>(backend), ...);
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of encoder and decoder with every kind of token", "", EVERY_BACKEND) {
  TestType backend;
  check_all_tokens(backend, std::make_integer_sequence<int, combinations>{});
}
