// The gradient battery: any layer, given as forward and backward, against central differences.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "sdmae/backend/pack.hpp"
#include "sdmae/core/arena.hpp"
#include "sdmae/core/parameter.hpp"
#include "sdmae/core/random.hpp"
#include "sdmae/testing/finding.hpp"
#include "sdmae/testing/guarded.hpp"

namespace sdmae::testing {

/// What a backward pass does to a gradient: overwrites it, adds to it, or does not give one.
enum class gradient_kind { overwritten, accumulated, none };

struct differentiable_tensor {
  std::string name;
  index count = 0;
  gradient_kind gradient = gradient_kind::overwritten;
};

/// Tensors in the backend's memory, in the order of the case's lists; `memory` is scratch with a fixed layout: what
/// forward plans first is at the same place when backward plans it again.
template <class T>
struct differentiable_call {
  std::vector<T*> inputs, outputs, doutputs, dinputs;
  T* parameters = nullptr;
  T* dparameters = nullptr;
  arena memory;
};

/// A layer as the battery sees it. forward writes `outputs` from `inputs` and `parameters`; backward is called after it
/// and writes `dinputs` and adds to `dparameters` from `doutputs`.
template <class T>
struct differentiable {
  std::string name;
  std::vector<differentiable_tensor> inputs, outputs;
  std::span<const parameter> table{};  // of the parameters, which lie in one flat buffer
  index storage = 0;
  bool accumulates_parameters = true;
  std::function<void(differentiable_call<T>&)> forward, backward;
  double size = 1.0;                          // inputs and parameters are drawn from [−size, size)
  double tolerance = 2e-6;                    // of a gradient, relative to the largest of its tensor
  index sampled = 40;                         // entries of each tensor that are compared
  std::size_t memory = std::size_t{1} << 18;  // bytes of scratch

  /// The parameters of a parameter struct.
  template <class Parameters>
  void takes() {
    table = std::span<const parameter>(parameter_table<Parameters>);
    storage = parameter_storage<Parameters>;
  }
};

/// The parameters of a call as a layer's views, packed. Take it first, in forward and in backward.
template <class Parameters, tensor_backend B>
Parameters bound_parameters(B& backend, differentiable_call<scalar_of<B>>& call) {
  using T = scalar_of<B>;
  const packed_size<B> size{backend};
  T* const packed = call.memory.template take<T>("packed", packed_storage<Parameters>(size));
  Parameters parameters = bind_parameters<Parameters>(call.parameters, packed, size);
  pack_weights(backend, parameters);
  return parameters;
}

template <tensor_backend B>
class gradient_battery {
 public:
  using T = scalar_of<B>;
  gradient_battery(B& backend, const differentiable<T>& layer)
      : backend_(backend), layer_(layer), memory_(backend, index(layer.memory / sizeof(T))) {}

  findings run() {
    draw();
    const findings differences = compare_with_differences();
    findings all = compare_with_kinds();
    all.insert(all.end(), differences.begin(), differences.end());
    return all;
  }

 private:
  using values = std::vector<T>;

  values random(index count) {
    random_sequence numbers(77, stream::test, 1, ++drawn_);
    values drawn(static_cast<std::size_t>(count));
    for (T& value : drawn) value = T(numbers.uniform(-layer_.size, layer_.size));
    return drawn;
  }
  void draw() {
    for (const auto& input : layer_.inputs) inputs_.push_back(random(input.count));
    for (const auto& output : layer_.outputs) cotangents_.push_back(random(output.count));
    parameters_ = values(static_cast<std::size_t>(layer_.storage));  // gaps stay zero
    for (const parameter& row : layer_.table) {
      const values drawn = random(row.count());
      std::copy(drawn.begin(), drawn.end(), parameters_.begin() + row.offset);
    }
  }

  struct result {
    std::vector<values> outputs, dinputs;
    values dparameters;
    bool contained = true;
  };

  /// Forward and, `backward_times`, backward, on fresh poisoned memory. Gradients start from `start` where the layer
  /// adds to them, from NaN where it overwrites them.
  result pass(const std::vector<values>& inputs, const values& parameters, int backward_times, const result* start) {
    std::vector<guarded<B>> in, out, din, dout;
    in.reserve(inputs.size()), din.reserve(inputs.size());
    out.reserve(cotangents_.size()), dout.reserve(cotangents_.size());
    differentiable_call<T> call;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      call.inputs.push_back(in.emplace_back(backend_, inputs[i]).data());
      const bool adds = layer_.inputs[i].gradient == gradient_kind::accumulated;
      const values zeros(inputs[i].size());
      din.emplace_back(backend_, !adds ? poison<T>(index(zeros.size())) : start != nullptr ? start->dinputs[i] : zeros);
      call.dinputs.push_back(din.back().data());
    }
    for (const values& cotangent : cotangents_) {
      call.outputs.push_back(out.emplace_back(backend_, index(cotangent.size())).data());
      call.doutputs.push_back(dout.emplace_back(backend_, cotangent).data());
    }
    guarded<B> p(backend_, parameters), dp(backend_, start != nullptr ? start->dparameters : values(parameters.size()));
    call.parameters = p.data();
    call.dparameters = dp.data();
    if (backward_times > 0) memory_.write(poison<T>(memory_.count()));
    result got;
    const auto step = [&](auto& function) {
      call.memory = arena(reinterpret_cast<std::byte*>(memory_.data()));
      function(call);
      got.contained = got.contained && call.memory.peak() <= layer_.memory && memory_.intact();
    };
    step(layer_.forward);
    for (auto& each : out) got.outputs.push_back(each.read()), got.contained = got.contained && each.intact();
    for (int i = 0; i < backward_times; ++i) step(layer_.backward);
    for (auto& each : din) got.dinputs.push_back(each.read()), got.contained = got.contained && each.intact();
    got.dparameters = dp.read();
    got.contained = got.contained && dp.intact() && p.intact();
    return got;
  }

  long double objective(const std::vector<values>& inputs, const values& parameters) {
    const result got = pass(inputs, parameters, 0, nullptr);
    long double sum = 0;
    for (std::size_t i = 0; i < got.outputs.size(); ++i)
      for (std::size_t k = 0; k < got.outputs[i].size(); ++k)
        sum += static_cast<long double>(got.outputs[i][k]) * static_cast<long double>(cotangents_[i][k]);
    return sum;
  }

  /// `entries` is a part of inputs_ or parameters_, which is changed and restored.
  finding compare(const std::string& name, T* entries, const T* gradient, index count) {
    double error = 0, largest = 1e-2;
    for (index i = 0; i < count; ++i) largest = worse(std::fabs(double(gradient[i])), largest);
    const index stride = std::max<index>(1, count / layer_.sampled);
    for (index i = 0; i < count; i += stride) {
      const T kept = entries[i];
      const T step = T(1e-5);
      entries[i] = kept + step;
      const long double above = objective(inputs_, parameters_);
      entries[i] = kept - step;
      const long double below = objective(inputs_, parameters_);
      entries[i] = kept;
      const double expected = double((above - below) / (2.0L * static_cast<long double>(step)));
      error = worse(std::fabs(expected - double(gradient[i])) / largest, error);
    }
    return judged(layer_.name + ", gradient of " + name, error, layer_.tolerance);
  }

  findings compare_with_differences() {
    const result got = pass(inputs_, parameters_, 1, nullptr);
    findings found{judged(layer_.name + ", nothing written outside", got.contained)};
    for (std::size_t i = 0; i < inputs_.size(); ++i)
      if (layer_.inputs[i].gradient != gradient_kind::none)
        found.push_back(
            compare(layer_.inputs[i].name, inputs_[i].data(), got.dinputs[i].data(), layer_.inputs[i].count));
    for (const parameter& row : layer_.table)
      if (row.traits.trained)
        found.push_back(compare(std::string(row.name()), parameters_.data() + row.offset,
                                got.dparameters.data() + row.offset, row.count()));
    return found;
  }

  /// Gradients that are accumulated start from something: twice backward adds them twice. Others forget what was there.
  findings compare_with_kinds() {
    result start;
    for (const auto& input : layer_.inputs) start.dinputs.push_back(random(input.count));
    start.dparameters = random(layer_.storage);
    const result once = pass(inputs_, parameters_, 1, nullptr), twice = pass(inputs_, parameters_, 2, &start);
    findings found;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const gradient_kind kind = layer_.inputs[i].gradient;
      if (kind == gradient_kind::none) continue;
      const bool adds = kind == gradient_kind::accumulated;
      found.push_back(judged(layer_.name + ", " + layer_.inputs[i].name + (adds ? " accumulated" : " overwritten"),
                             difference(twice.dinputs[i], once.dinputs[i], adds ? 2 : 1,
                                        adds ? &start.dinputs[i] : nullptr, 0, layer_.inputs[i].count),
                             1e-11));
    }
    for (const parameter& row : layer_.table)
      if (row.traits.trained && layer_.accumulates_parameters)
        found.push_back(judged(
            layer_.name + ", " + std::string(row.name()) + " accumulated",
            difference(twice.dparameters, once.dparameters, 2, &start.dparameters, row.offset, row.count()), 1e-11));
    return found;
  }

  /// max |got − (times·once + start)| / max(1, |once|)
  static double difference(const values& got, const values& once, int times, const values* start, index first,
                           index count) {
    double error = 0, largest = 1;
    for (index i = first; i < first + count; ++i) {
      const auto k = static_cast<std::size_t>(i);
      largest = worse(std::fabs(double(once[k])), largest);
      error = worse(std::fabs(double(got[k] - T(times) * once[k] - (start != nullptr ? (*start)[k] : T(0)))), error);
    }
    return error / largest;
  }

  B& backend_;
  const differentiable<T>& layer_;
  guarded<B> memory_;
  std::vector<values> inputs_, cotangents_;
  values parameters_;
  std::uint64_t drawn_ = 0;
};

/// Checks the gradients of every input and of every trained parameter of a layer against central differences, in the
/// direction of random output gradients; that outputs and overwritten gradients do not depend on what was there (it is
/// NaN), that accumulated ones add to it, and that nothing else is written. Meant for double.
template <tensor_backend B>
findings check_gradients(B& backend, const differentiable<scalar_of<B>>& layer) {
  return gradient_battery<B>(backend, layer).run();
}

}  // namespace sdmae::testing
