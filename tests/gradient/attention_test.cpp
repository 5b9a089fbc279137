// Gradients of attention and of the transformer block.
#include "sdmae/nn/attention.hpp"

#include <string>
#include <utility>

#include "backends.hpp"
#include "elements.hpp"
#include "sdmae/nn/block.hpp"
#include "sdmae/testing/gradient.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>
constexpr index tokens = 4, rows = 2 * tokens;

/// Every combination of what a block can have: bit by bit.
constexpr vit_shape shape_of(int bits) {
  return {.width = 6,
          .depth = 1,
          .heads = 3,
          .mlp_ratio = 2,
          .layer_scale = (bits & 1) != 0,
          .drop_path = (bits & 2) != 0,
          .width_of_head = (bits & 4) != 0 ? 4 : 0,
          .bias = (bits & 8) != 0 ? qkv_bias::full : qkv_bias::query_and_value};
}
constexpr int combinations = 16;

std::string described(vit_shape t) {
  return std::string(t.layer_scale ? ", layer scale" : "") + (t.drop_path ? ", drop path" : "") +
         (t.width_of_head > 0 ? ", wide heads" : "") + (t.bias == qkv_bias::full ? ", full bias" : "");
}

template <vit_shape Tower, class B>
differentiable<double> attention_case(B& backend) {
  using layer = nn::attention<6, Tower.heads, Tower.bias, Tower.head_width()>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  differentiable<double> d;
  d.name = "attention" + described(Tower);
  d.inputs = {{"x", rows * 6}};
  d.outputs = {{"y", rows * 6}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    layer::forward(backend, tokens, {call.inputs[0], rows}, p, saved::plan(call.memory, rows), {call.outputs[0], rows},
                   epilogue::store{}, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, rows);
    layer::backward(backend, tokens, {call.doutputs[0], rows}, {call.inputs[0], rows}, p, s,
                    bind_parameters<parameters>(call.dparameters), {call.dinputs[0], rows}, call.memory);
  };
  return d;
}

template <vit_shape Tower, class B>
differentiable<double> block_case(B& backend) {
  using layer = nn::block<Tower>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index images = rows / tokens;
  differentiable<double> d;
  d.name = "block" + described(Tower);
  d.inputs = {{"x", rows * 6}};
  d.outputs = {{"y", rows * 6}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    saved s = saved::plan(call.memory, images, rows);
    s.output = {call.outputs[0], rows};
    const double keep[] = {0.0, 1.25, 1.25, 0.0};  // one branch of each image is dropped
    if (Tower.drop_path) backend.copy_in(s.keep_1.data, keep, images);
    if (Tower.drop_path) backend.copy_in(s.keep_2.data, keep + images, images);
    layer::forward(backend, tokens, {call.inputs[0], rows}, p, s, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, images, rows);
    const rows_view<double, 6> dx{call.dinputs[0], rows};  // holds the gradient of y, becomes that of x
    copy_rows<6>(backend, {call.doutputs[0], rows}, dx);
    layer::backward(backend, tokens, {call.inputs[0], rows}, p, s, bind_parameters<parameters>(call.dparameters), dx,
                    call.memory);
  };
  return d;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of attention and blocks", "", EVERY_BACKEND) {
  TestType backend;
  const auto check = [&]<int Bits>(std::integral_constant<int, Bits>) {
    constexpr vit_shape tower = shape_of(Bits);
    if constexpr (!tower.layer_scale && !tower.drop_path)
      CHECK(failures(check_gradients(backend, attention_case<tower>(backend))) == "");
    CHECK(failures(check_gradients(backend, block_case<tower>(backend))) == "");
  };
  const auto check_all = [&]<int... Bits>(std::integer_sequence<int, Bits...>) {
    (check(std::integral_constant<int, Bits>{}), ...);
  };
  check_all(std::make_integer_sequence<int, combinations>{});
}

#if !defined(SDMAE_TEST_CUDA)  // reads a gradient where it lies
TEST_CASE("keys have no bias: the third between q_bias and v_bias keeps a gradient of zero") {
  reference_double backend;
  using layer = nn::attention<6, 2>;
  using parameters = layer::parameters<double>;
  differentiable<double> d = attention_case<vit_shape{.width = 6, .heads = 2}>(backend);
  const auto backward = d.backward;
  bool zero = true;
  d.backward = [&](auto& call) {
    backward(call);
    const auto gradient = bind_parameters<parameters>(call.dparameters);
    for (int i = 6; i < 12; ++i) zero = zero && gradient.qkv_bias(i) == 0.0;
  };
  check_gradients(backend, d);
  CHECK(zero);
}
#endif
