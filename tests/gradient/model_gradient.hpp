// Gradients of a whole model through its losses: every parameter, by central differences of the loss that is reported.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "sdmae/masking/random.hpp"
#include "sdmae/model/model.hpp"
#include "sdmae/testing/finding.hpp"
#include "sdmae/train/pretrainer.hpp"
#include "tiny.hpp"

namespace model_gradient {

inline constexpr sdmae::index count = 3;

/// Weights away from every special value.
template <class Model>
void scatter(Model& model) {
  std::uint64_t position = 0;
  for (const sdmae::parameter& row : model.table()) {
    sdmae::random_sequence numbers(9, sdmae::stream::test, 4, position++);
    auto values = model.read(row);
    for (auto& value : values) value = row.traits.trained ? numbers.uniform(-0.8, 0.8) : numbers.uniform(0.5, 1.5);
    model.write(row, values);
  }
}

/// Its learning rate and decay change no weight, and a center with momentum 1 stays.
inline constexpr sdmae::adamw still{.learning_rate = 0, .weight_decay = 0};

/// Compares the gradient that such a step leaves with differences of the loss that it returns, for a few entries of
/// every parameter.
template <class Model, class Trainer, class Step>
sdmae::testing::findings check_steps(Model& model, const Trainer& trainer, unsigned reached, Step step) {
  auto& backend = model.backend();
  step();
  std::vector<double> gradient(static_cast<std::size_t>(model.storage));
  backend.copy_out(gradient.data(), trainer.state().gradients, model.storage);
  backend.synchronise();

  sdmae::testing::findings found;
  for (const sdmae::parameter& row : model.table()) {
    if (!row.traits.trained) continue;
    double error = 0, largest = 1e-3;
    for (sdmae::index i = 0; i < row.count(); ++i)
      largest = sdmae::testing::worse(std::fabs(gradient[static_cast<std::size_t>(row.offset + i)]), largest);
    const auto kept = model.read(row);
    for (sdmae::index i = 0; i < row.count(); i += row.count() / 5 + 1) {
      const auto loss_at = [&](double moved) {
        auto values = kept;
        values[static_cast<std::size_t>(i)] += moved;
        model.write(row, values);
        return step();
      };
      const double expected = (loss_at(1e-5) - loss_at(-1e-5)) / 2e-5;
      error = sdmae::testing::worse(std::fabs(expected - gradient[static_cast<std::size_t>(row.offset + i)]) / largest,
                                    error);
    }
    model.write(row, kept);
    const std::string name(row.name());
    // What the losses do not reach has neither a slope nor a gradient.
    if ((row.reached_by & reached) == 0 && error == 0 && largest != 1e-3) error = 1;
    found.push_back(sdmae::testing::judged(name, error, 5e-6));
  }
  return found;
}

template <class B, class Architecture, class Loss>
sdmae::testing::findings check_model(const Loss& loss, unsigned reached, sdmae::masking::random mask = {.ratio = 0.5},
                                     double drop_path = 0) {
  B backend;
  auto model = sdmae::build<Architecture>(backend);
  scatter(model);
  sdmae::pretrainer trainer(model, mask, loss, still, {.slice = 2, .drop_path = drop_path});
  const auto images = tiny::pictures<tiny::oblong>(count);
  return check_steps(model, trainer, reached, [&] {
    sdmae::array_batch<tiny::oblong, std::uint8_t> batch(images.data(), count);
    return trainer.step(batch).loss;
  });
}

}  // namespace model_gradient
