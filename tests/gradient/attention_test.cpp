// Gradients of attention and of the transformer block.
#include "sdmae/nn/attention.hpp"
#include "backends.hpp"
#include "sdmae/nn/block.hpp"
#include "sdmae/testing/gradient.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>
constexpr index tokens = 4, rows = 2 * tokens;

template <nn::qkv_bias Bias, class B>
differentiable<double> attention_case(B& backend) {
  using layer = nn::attention<6, 2, Bias>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  differentiable<double> d;
  d.name = Bias == nn::qkv_bias::full ? "attention, full bias" : "attention, bias of queries and values";
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

constexpr vit_shape plain{.width = 6, .depth = 1, .heads = 3, .mlp_ratio = 2};
constexpr vit_shape scaled{.width = 6, .depth = 1, .heads = 2, .mlp_ratio = 3, .layer_scale = true};

template <vit_shape Tower, nn::qkv_bias Bias, class B>
differentiable<double> block_case(B& backend) {
  using layer = nn::block<Tower, Bias>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  differentiable<double> d;
  d.name = Tower.layer_scale ? "block with layer scale" : "block";
  d.inputs = {{"x", rows * 6}};
  d.outputs = {{"y", rows * 6}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    saved s = saved::plan(call.memory, rows);
    s.output = {call.outputs[0], rows};
    layer::forward(backend, tokens, {call.inputs[0], rows}, p, s, call.memory);
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, rows);
    const double* const dy = call.doutputs[0];
    const rows_view<double, 6> dx{call.dinputs[0], rows};  // holds the gradient of y, becomes that of x
    backend.map(rows, 6, [=](index r, index c) { dx(r, c) = dy[r * 6 + c]; });
    layer::backward(backend, tokens, {call.inputs[0], rows}, p, s, bind_parameters<parameters>(call.dparameters), dx,
                    call.memory);
  };
  return d;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of attention and blocks", "", EVERY_BACKEND) {
  TestType backend;
  using nn::qkv_bias;
  CHECK(failures(check_gradients(backend, attention_case<qkv_bias::query_and_value>(backend))) == "");
  CHECK(failures(check_gradients(backend, attention_case<qkv_bias::full>(backend))) == "");
  CHECK(failures(check_gradients(backend, block_case<plain, qkv_bias::query_and_value>(backend))) == "");
  CHECK(failures(check_gradients(backend, block_case<plain, qkv_bias::full>(backend))) == "");
  CHECK(failures(check_gradients(backend, block_case<scaled, qkv_bias::query_and_value>(backend))) == "");
}

TEST_CASE("keys have no bias: the third between q_bias and v_bias keeps a gradient of zero") {
  reference_double backend;
  using layer = nn::attention<6, 2>;
  using parameters = layer::parameters<double>;
  differentiable<double> d = attention_case<nn::qkv_bias::query_and_value>(backend);
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
