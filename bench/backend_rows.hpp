// Operations of a backend, one by one, as rows of Google Benchmark: for one unit a kind of device.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "sdmae/backend/concept.hpp"
#include "sdmae/core/arena.hpp"

namespace bench {

using namespace sdmae;

/// A backend with room for what a benchmark needs: values that are all different, and no denormal ones.
template <class B>
struct stage {
  B backend;
  decltype(backend.allocate(0)) memory = backend.allocate(std::size_t{256} << 20);
  arena pieces{memory.data()};

  template <class T>
  T* values(sdmae::index count) {
    T* const data = pieces.take<T>("values", count);
    std::vector<T> drawn(static_cast<std::size_t>(count));
    for (sdmae::index i = 0; i < count; ++i)
      drawn[static_cast<std::size_t>(i)] = T((i * 7919) % 1009) / T(1009) - T(0.5);
    backend.copy_in(data, drawn.data(), count);
    backend.synchronise();
    return data;
  }
  /// At the end of an iteration: what was asked for is done.
  void finish() {
    backend.synchronise();
    benchmark::ClobberMemory();
  }
};

inline void count_work(benchmark::State& state, double products) {
  state.counters["FLOP/s"] = benchmark::Counter(2 * products * double(state.iterations()), benchmark::Counter::kIsRate);
}

template <class B, sdmae::index Out, sdmae::index In>
void linear(benchmark::State& state, const std::string& direction, sdmae::index rows) {
  using T = scalar_of<B>;
  stage<B> s;
  const rows_view<T, In> x{s.template values<T>(rows * In), rows};
  const rows_view<T, Out> y{s.template values<T>(rows * Out), rows};
  weight_view<T, Out, In> weight{s.template values<T>(Out * In),
                                 s.template values<T>(s.backend.template packed_size<Out, In>())};
  const vector_view<T, Out> bias{s.template values<T>(Out)};
  s.backend.template pack<Out, In>(weight);
  for (auto _ : state) {
    if (direction == "forward")
      s.backend.template linear_forward<Out, In>(x, weight, vector_view<const T, Out>(bias), y);
    else if (direction == "input_gradient")
      s.backend.template linear_input_gradient<Out, In>(y, weight, x);
    else
      s.backend.template linear_weight_gradient<Out, In>(y, x, weight, bias);
    s.finish();
  }
  count_work(state, double(rows) * Out * In);
}

template <class B, sdmae::index Heads, sdmae::index D>
void attention(benchmark::State& state, bool backward, sdmae::index tokens) {
  using T = scalar_of<B>;
  stage<B> s;
  const sdmae::index rows = 4 * tokens;
  const rows_view<T, 3 * D> qkv{s.template values<T>(rows * 3 * D), rows},
      dqkv{s.template values<T>(rows * 3 * D), rows};
  const rows_view<T, D> out{s.template values<T>(rows * D), rows};
  const rows_view<T, Heads> log_sum{s.template values<T>(rows * Heads), rows};
  T* const workspace = s.template values<T>(s.backend.template attention_workspace<Heads, D>(tokens));
  for (auto _ : state) {
    if (backward)
      s.backend.template attention_backward<Heads, D>(tokens, out, qkv, out, log_sum, dqkv, workspace);
    else
      s.backend.template attention_forward<Heads, D>(tokens, qkv, out, log_sum, workspace);
    s.finish();
  }
  count_work(state, double(rows) * double(tokens) * D * (backward ? 4 : 2));
}

template <class B, sdmae::index D>
void layer_norm(benchmark::State& state, bool backward, sdmae::index rows) {
  using T = scalar_of<B>;
  stage<B> s;
  const rows_view<T, D> x{s.template values<T>(rows * D), rows}, y{s.template values<T>(rows * D), rows};
  const column_view<T> mean{s.template values<T>(rows), rows}, rstd{s.template values<T>(rows), rows};
  const vector_view<T, D> gain{s.template values<T>(D)}, bias{s.template values<T>(D)};
  T* const workspace = s.template values<T>(s.backend.layer_norm_workspace(rows));
  for (auto _ : state) {
    if (backward)
      s.backend.template layer_norm_backward<D>(y, x, mean, rstd, gain, x, gain, bias, workspace);
    else
      s.backend.template layer_norm_forward<D>(x, gain, bias, T(1e-6), y, mean, rstd);
    s.finish();
  }
  state.SetBytesProcessed(state.iterations() * rows * D * sdmae::index(sizeof(T)) * 2);
}

template <class B>
void declare(const std::string& name) {
  const auto add = [&](const std::string& what, auto f) {
    benchmark::RegisterBenchmark((name + "/" + what).c_str(), f)->Unit(benchmark::kMicrosecond)->UseRealTime();
  };
  for (const char* direction : {"forward", "input_gradient", "weight_gradient"}) {
    const std::string d = direction;
    add("linear_" + d + "/384-1152", [d](auto& s) { linear<B, 1152, 384>(s, d, 4 * 79); });
    add("linear_" + d + "/384-1536", [d](auto& s) { linear<B, 1536, 384>(s, d, 4 * 79); });
    add("linear_" + d + "/1536-384", [d](auto& s) { linear<B, 384, 1536>(s, d, 4 * 79); });
    add("linear_" + d + "/192-768", [d](auto& s) { linear<B, 768, 192>(s, d, 4 * 196); });
    add("linear_" + d + "/2048-2048", [d](auto& s) { linear<B, 2048, 2048>(s, d, 4 * 79); });
  }
  for (const bool backward : {false, true}) {
    const std::string d = backward ? "_backward" : "_forward";
    add("attention" + d + "/encoder", [=](auto& s) { attention<B, 6, 384>(s, backward, 79); });
    add("attention" + d + "/decoder", [=](auto& s) { attention<B, 3, 192>(s, backward, 196); });
    add("layer_norm" + d + "/384", [=](auto& s) { layer_norm<B, 384>(s, backward, 4 * 79); });
  }
}

}  // namespace bench
