// Gradients of the layers without attention.
#include "backends.hpp"
#include "elements.hpp"
#include "sdmae/nn/l2_normalise.hpp"
#include "sdmae/nn/layer_norm.hpp"
#include "sdmae/nn/linear.hpp"
#include "sdmae/nn/mlp.hpp"
#include "sdmae/nn/patch_embed.hpp"
#include "sdmae/nn/weight_norm.hpp"
#include "sdmae/testing/gradient.hpp"

using namespace sdmae;
using namespace sdmae::testing;

namespace {

using sdmae::index;  // and not that of <strings.h>
constexpr index rows = 5;

template <class B, bool Bias>
differentiable<double> linear_case(B& backend) {
  using layer = nn::linear<7, 3, initial::xavier_uniform, Bias>;
  using parameters = typename layer::template parameters<double>;
  differentiable<double> d;
  d.name = Bias ? "linear" : "linear without bias";
  d.inputs = {{"x", rows * 7}};
  d.outputs = {{"y", rows * 3}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    layer::forward(backend, {call.inputs[0], rows}, p, {call.outputs[0], rows});
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    layer::input_gradient(backend, {call.doutputs[0], rows}, p, {call.dinputs[0], rows});
    layer::weight_gradient(backend, {call.doutputs[0], rows}, {call.inputs[0], rows},
                           bind_parameters<parameters>(call.dparameters));
  };
  return d;
}

/// hidden = gelu(x), total = 2·x + 3·other, [rows, 7].
template <class B>
void gelu_and_sum(B& backend, rows_view<const double, 7> x, rows_view<const double, 7> other,
                  rows_view<double, 7> hidden, rows_view<double, 7> total) {
  backend.map(x.rows(), 7, [=] SDMAE_ELEMENT(index r, index c) {
    hidden(r, c) = gelu(x(r, c));
    total(r, c) = 2 * x(r, c) + 3 * other(r, c);
  });
}

/// dx = through + 2·dtotal, dother = 3·dtotal, [rows, 7].
template <class B>
void gradient_of_sum(B& backend, rows_view<const double, 7> through, rows_view<const double, 7> dtotal,
                     rows_view<double, 7> dx, rows_view<double, 7> dother) {
  backend.map(dx.rows(), 7, [=] SDMAE_ELEMENT(index r, index c) {
    dx(r, c) = through(r, c) + 2 * dtotal(r, c);
    dother(r, c) = 3 * dtotal(r, c);
  });
}

/// y = base + gamma·(gelu(x)·Wᵀ + b), for the epilogues: gelu's derivative, accumulation, scaled residual.
template <class B>
differentiable<double> epilogue_case(B& backend) {
  using layer = nn::linear<7, 3>;
  using parameters = typename layer::template parameters<double>;
  differentiable<double> d;
  d.name = "linear with epilogues";
  d.inputs = {{"x", rows * 7}, {"base", rows * 3, gradient_kind::none}, {"added to", rows * 7}};
  d.outputs = {{"y", rows * 3}, {"sum", rows * 7}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const auto hidden = call.memory.template rows<double, 7>("hidden", rows);
    gelu_and_sum(backend, {call.inputs[0], rows}, {call.inputs[2], rows}, hidden, {call.outputs[1], rows});
    layer::forward(backend, hidden, p, {call.outputs[0], rows}, epilogue::residual<double, 3>{{call.inputs[1], rows}});
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const auto hidden = call.memory.template rows<double, 7>("hidden", rows);
    const auto through = call.memory.template rows<double, 7>("through", rows);
    layer::weight_gradient(backend, {call.doutputs[0], rows}, hidden, bind_parameters<parameters>(call.dparameters));
    layer::input_gradient(backend, {call.doutputs[0], rows}, p, through,
                          epilogue::gelu_gradient<double, 7>{{call.inputs[0], rows}});
    gradient_of_sum(backend, through, {call.doutputs[1], rows}, {call.dinputs[0], rows}, {call.dinputs[2], rows});
  };
  return d;
}

template <class B>
differentiable<double> accumulate_case(B& backend) {
  differentiable<double> d = linear_case<B, true>(backend);
  using layer = nn::linear<7, 3>;
  using parameters = typename layer::template parameters<double>;
  d.name = "linear, input gradient accumulated";
  d.inputs[0].gradient = gradient_kind::accumulated;
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    layer::input_gradient(backend, {call.doutputs[0], rows}, p, {call.dinputs[0], rows}, epilogue::accumulate{});
    layer::weight_gradient(backend, {call.doutputs[0], rows}, {call.inputs[0], rows},
                           bind_parameters<parameters>(call.dparameters));
  };
  return d;
}

template <class B>
differentiable<double> layer_norm_case(B& backend) {
  using layer = nn::layer_norm<6>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  differentiable<double> d;
  d.name = "layer_norm";
  d.inputs = {{"x", rows * 6, gradient_kind::accumulated}};
  d.outputs = {{"y", rows * 6}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    saved s = saved::plan(call.memory, rows);
    s.output = {call.outputs[0], rows};
    layer::forward(backend, {call.inputs[0], rows}, bind_parameters<parameters>(call.parameters), s);
  };
  d.backward = [&backend](auto& call) {
    const saved s = saved::plan(call.memory, rows);
    layer::backward(backend, {call.doutputs[0], rows}, {call.inputs[0], rows},
                    bind_parameters<parameters>(call.parameters), s, bind_parameters<parameters>(call.dparameters),
                    {call.dinputs[0], rows}, call.memory);
  };
  return d;
}

template <class B>
differentiable<double> mlp_case(B& backend) {
  using layer = nn::mlp<5, 9>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  differentiable<double> d;
  d.name = "mlp";
  d.inputs = {{"x", rows * 5}};
  d.outputs = {{"y", rows * 5}};
  d.size = 1.5;
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    layer::forward(backend, {call.inputs[0], rows}, p, saved::plan(call.memory, rows), {call.outputs[0], rows},
                   epilogue::store{});
  };
  d.backward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const saved s = saved::plan(call.memory, rows);
    layer::backward(backend, {call.doutputs[0], rows}, {call.inputs[0], rows}, p, s,
                    bind_parameters<parameters>(call.dparameters), {call.dinputs[0], rows}, call.memory);
  };
  return d;
}

/// In place, as the projection head uses it.
template <class B>
differentiable<double> l2_normalise_case(B& backend) {
  using layer = nn::l2_normalise<6>;
  differentiable<double> d;
  d.name = "l2_normalise";
  d.inputs = {{"x", rows * 6}};
  d.outputs = {{"y", rows * 6}};
  d.forward = [&backend](auto& call) {
    const auto length = call.memory.template rows<double, 1>("length", rows);
    const auto kept = call.memory.template rows<double, 6>("unit", rows);
    copy_rows<6>(backend, {call.inputs[0], rows}, kept);
    layer::forward(backend, kept, kept, length);
    copy_rows<6>(backend, kept, {call.outputs[0], rows});
  };
  d.backward = [&backend](auto& call) {
    const auto length = call.memory.template rows<double, 1>("length", rows);
    const auto kept = call.memory.template rows<double, 6>("unit", rows);
    const auto along = call.memory.template rows<double, 1>("along", rows);
    const rows_view<double, 6> gradient{call.dinputs[0], rows};
    copy_rows<6>(backend, {call.doutputs[0], rows}, gradient);
    layer::backward(backend, gradient, kept, length, gradient, along);
  };
  return d;
}

template <class B>
differentiable<double> weight_norm_case(B& backend) {
  using layer = nn::weight_norm_linear<6, 4>;
  using parameters = typename layer::template parameters<double>;
  using effective = typename layer::template effective<double>;
  differentiable<double> d;
  d.name = "weight_norm";
  d.outputs = {{"effective weight", 4 * 6}};
  d.template takes<parameters>();
  d.accumulates_parameters = false;  // what backward passes collect is turned into a gradient once
  d.forward = [&backend](auto& call) {
    const effective e = effective::plan(call.memory, backend);
    layer::prepare(backend, bind_parameters<parameters>(call.parameters), e);
    copy_rows<6>(backend, e.weight, {call.outputs[0], 4});
  };
  d.backward = [&backend](auto& call) {
    const effective e = effective::plan(call.memory, backend);
    const auto gradient = bind_parameters<parameters>(call.dparameters);
    copy_rows<6>(backend, {call.doutputs[0], 4}, gradient.weight_v);
    layer::finish(backend, bind_parameters<parameters>(call.parameters), e, gradient, call.memory);
  };
  return d;
}

constexpr image_shape image{.height = 4, .width = 6, .patch = 2, .channels = 2};

template <class B>
differentiable<double> patch_embed_case(B& backend) {
  using layer = nn::patch_embed<image, 5>;
  using parameters = typename layer::template parameters<double>;
  using saved = typename layer::template saved<double>;
  constexpr index images = 2, seen = 3, tokens = images * seen;
  differentiable<double> d;
  d.name = "patch_embed";
  d.inputs = {{"images", images * image.values(), gradient_kind::none},
              {"positions", image.patches() * 5, gradient_kind::none}};
  d.outputs = {{"tokens", tokens * 5}};
  d.template takes<parameters>();
  d.forward = [&backend](auto& call) {
    const auto p = bound_parameters<parameters>(backend, call);
    const std::int32_t order[tokens] = {4, 0, 5, 1, 3, 2};
    std::int32_t* const patch_of_row = call.memory.template take<std::int32_t>("order", tokens);
    backend.copy_in(patch_of_row, order, tokens);
    saved s = saved::plan(call.memory, tokens);
    s.output = {call.outputs[0], tokens};
    const normalised_images<image, double> pictures{call.inputs[0]};
    layer::forward(backend, pictures, seen, patch_of_row, {call.inputs[1], image.patches()}, p, s);
  };
  d.backward = [&backend](auto& call) {
    bound_parameters<parameters>(backend, call);
    call.memory.template take<std::int32_t>("order", tokens);
    const saved s = saved::plan(call.memory, tokens);
    layer::backward(backend, {call.doutputs[0], tokens}, s, bind_parameters<parameters>(call.dparameters));
  };
  return d;
}

}  // namespace

TEMPLATE_TEST_CASE("gradients of layers without attention", "", EVERY_BACKEND) {
  TestType backend;
  CHECK(failures(check_gradients(backend, linear_case<TestType, true>(backend))) == "");
  CHECK(failures(check_gradients(backend, linear_case<TestType, false>(backend))) == "");
  CHECK(failures(check_gradients(backend, accumulate_case(backend))) == "");
  CHECK(failures(check_gradients(backend, epilogue_case(backend))) == "");
  CHECK(failures(check_gradients(backend, layer_norm_case(backend))) == "");
  CHECK(failures(check_gradients(backend, mlp_case(backend))) == "");
  CHECK(failures(check_gradients(backend, l2_normalise_case(backend))) == "");
  CHECK(failures(check_gradients(backend, weight_norm_case(backend))) == "");
  CHECK(failures(check_gradients(backend, patch_embed_case(backend))) == "");
}

#if !defined(SDMAE_TEST_CUDA)  // of the kit itself, on the CPU
TEST_CASE("the battery names a wrong gradient") {
  reference_double backend;
  const auto broken = [&](auto change) {
    differentiable<double> d = mlp_case(backend);
    const auto right = d.backward;
    d.backward = [right, change](auto& call) {
      right(call);
      change(call);
    };
    return failures(check_gradients(backend, d));
  };
  CHECK(broken([](auto&) {}) == "");
  CHECK(broken([](auto& call) { call.dinputs[0][0] *= 1.0001; }).find("gradient of x") != std::string::npos);
  CHECK(broken([](auto& call) { call.dinputs[0][24] = std::nan(""); }).find("gradient of x") != std::string::npos);
  CHECK(broken([](auto& call) { call.dparameters[48] += 0.001; }).find("fc1.bias") != std::string::npos);
  CHECK(broken([](auto& call) { call.dinputs[0][25] = 0; }).find("outside") != std::string::npos);
  CHECK(broken([](auto& call) { call.memory.template take<double>("too much", 1 << 20); }) != "");

  differentiable<double> overwriting = linear_case<reference_double, true>(backend);
  const auto right = overwriting.backward;
  overwriting.backward = [right](auto& call) {
    std::fill_n(call.dparameters, 16 * 3, 0.0);
    right(call);
  };
  CHECK(failures(check_gradients(backend, overwriting)).find("weight accumulated") != std::string::npos);
}
#endif
