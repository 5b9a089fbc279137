// Gradients of tower, encoder, decoder and projection head.
#include <numeric>

#include "backends.hpp"
#include "sdmae/testing/gradient.hpp"
#include "sdmae/vit/decoder.hpp"
#include "sdmae/vit/encoder.hpp"
#include "sdmae/vit/projection_head.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>
constexpr image_shape image{.height = 4, .width = 6, .patch = 2, .channels = 2};
constexpr vit_shape shape{.width = 6, .depth = 2, .heads = 2, .mlp_ratio = 2};
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

template <class B>
differentiable<double> tower_case(B& backend) {
  using layer = vit::tower<shape>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index rows = images * N;
  differentiable<double> d;
  d.name = "tower";
  d.inputs = {{"x", rows * D}};
  d.outputs = {{"y", rows * D}};
  d.sampled = 12;
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    saved s = saved::plan(call.memory, rows);
    s.norm.output = {call.outputs[0], rows};
    layer::forward(backend, N, {call.inputs[0], rows}, p, s, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, rows);
    layer::backward(backend, N, {call.doutputs[0], rows}, {call.inputs[0], rows}, p, s,
                    bind_parameters<parameters>(call.dparameters), {call.dinputs[0], rows}, call.memory);
  };
  return d;
}

template <class B>
differentiable<double> encoder_case(B& backend) {
  using layer = vit::encoder<image, shape>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index rows = images * V;
  differentiable<double> d;
  d.name = "encoder";
  d.inputs = {{"images", images * image.values(), gradient_kind::none}, {"positions", N * D, gradient_kind::none}};
  d.outputs = {{"tokens", rows * D}};
  d.sampled = 12;
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    saved s = saved::plan(call.memory, rows);
    s.tower.norm.output = {call.outputs[0], rows};
    layer::forward(backend, normalised_images<image, double>{call.inputs[0]}, V, m.visible_patch, {call.inputs[1], N},
                   p, s, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    const saved s = saved::plan(call.memory, rows);
    layer::backward(backend, V, {call.doutputs[0], rows}, p, s, bind_parameters<parameters>(call.dparameters),
                    call.memory);
  };
  return d;
}

template <class B>
differentiable<double> decoder_case(B& backend, bool pixels) {
  using layer = vit::decoder<image, shape>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index rows = images * V;
  const index painted = pixels ? images * M : 0;
  differentiable<double> d;
  d.name = pixels ? "decoder" : "decoder without pixels";
  d.inputs = {
      {"tokens", rows * D}, {"mask_token", D, gradient_kind::accumulated}, {"positions", N * D, gradient_kind::none}};
  d.outputs = {{"visible", rows * D}, {"pixels", painted * P}};
  d.sampled = 12;
  d.template takes<parameters>();
  d.forward = [&backend, pixels, painted](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    saved s = saved::plan(call.memory, images, m.mask, pixels);
    s.visible = {call.outputs[0], rows};
    s.pixels = {call.outputs[1], painted};
    layer::forward(backend, m.mask, {call.inputs[0], rows}, vector_view<const double, D>{call.inputs[1]},
                   {call.inputs[2], N}, p, s, call.memory);
  };
  d.backward = [&backend, pixels, painted](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const masked m(backend, call.memory);
    const saved s = saved::plan(call.memory, images, m.mask, pixels);
    layer::backward(backend, m.mask, {call.doutputs[0], rows}, {call.doutputs[1], painted}, p, s,
                    bind_parameters<parameters>(call.dparameters), {call.dinputs[0], rows},
                    vector_view<double, D>{call.dinputs[1]}, call.memory);
  };
  return d;
}

template <class B>
differentiable<double> projection_head_case(B& backend) {
  using layer = vit::projection_head<D, head_shape{.hidden = 7, .bottleneck = 5, .prototypes = 9}>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  using effective = typename layer::prototypes::template effective<double>;
  constexpr index rows = images * V;
  differentiable<double> d;
  d.name = "projection head";
  d.inputs = {{"x", rows * D, gradient_kind::accumulated}};
  d.outputs = {{"scores", images * layer::K}};
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
    s.scores = {call.outputs[0], images};
    layer::forward(backend, {call.inputs[0], rows}, p, e, s);
  };
  d.backward = [&backend, take](auto& call) {
    const auto [p, e, s] = take(call);
    const auto gradient = bind_parameters<parameters>(call.dparameters);
    layer::backward(backend, {call.doutputs[0], images}, {call.inputs[0], rows}, p, e, s, gradient,
                    {call.dinputs[0], rows}, call.memory);
    layer::prototypes::finish(backend, p.last_layer, e, gradient.last_layer, call.memory);
  };
  return d;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of the parts of a vision transformer", "", EVERY_BACKEND) {
  TestType backend;
  CHECK(failures(check_gradients(backend, tower_case(backend))) == "");
  CHECK(failures(check_gradients(backend, encoder_case(backend))) == "");
  CHECK(failures(check_gradients(backend, decoder_case(backend, true))) == "");
  CHECK(failures(check_gradients(backend, projection_head_case(backend))) == "");
  differentiable<double> unpainted = decoder_case(backend, false);
  const auto found = check_gradients(backend, unpainted);
  CHECK(failures(found) == "");
}
