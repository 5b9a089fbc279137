// Replaying a golden case of SD-MAE on a backend: the same steps, everything it computes as named tensors.
#pragma once

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "golden.hpp"
#include "sdmae/backend/eigen.hpp"
#include "sdmae/backend/reference.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/given.hpp"
#include "sdmae/model/sd_mae.hpp"
#include "sdmae/train/pretrainer.hpp"
#if defined(PROGRAM_CUDA)
#include "sdmae/backend/cuda.cuh"
#endif

namespace program {

/// Runs a case on a backend ("cpu", "reference" or, where it is compiled in, "cuda") in a scalar type ("float" or
/// "double") with so many threads.
using replay_function =
    std::function<golden_tensors(const golden_case&, const std::string&, const std::string&, int threads)>;

/// A configuration that this program can replay.
struct replayable {
  golden_architecture architecture;
  replay_function run;
};

/// All of them; object files add theirs before main.
inline std::vector<replayable>& replayables() {
  static std::vector<replayable> list;
  return list;
}

namespace detail {

/// `values` are in the backend's memory.
template <class Backend, class T>
golden_tensor to_golden(Backend& backend, const T* values, sdmae::index count, std::vector<sdmae::index> shape) {
  std::vector<std::remove_const_t<T>> read(static_cast<std::size_t>(count));
  backend.copy_out(read.data(), values, count);
  backend.synchronise();
  return {std::move(shape), std::vector<double>(read.begin(), read.end())};
}

inline std::vector<sdmae::index> shape_of(const sdmae::parameter& row) {
  return {row.shape.extents.begin(), row.shape.extents.begin() + row.shape.rank};
}

template <class Model>
void load_starting_weights(Model& model, const sdmae::safetensors_file& init) {
  for (const sdmae::parameter& row : model.table()) {
    std::vector<typename Model::scalar> values(static_cast<std::size_t>(row.count()));
    init.read(std::string(row.name()), values.data(), row.count());
    model.write(row, values);
  }
}

template <class Trainer>
void record_outputs(Trainer& trainer, sdmae::index batch, golden_tensors& out) {
  using Architecture = typename Trainer::architecture;
  auto& backend = trainer.trained_model().backend();
  const auto& slice = trainer.last_slice();
  const auto& pixels = slice.decoder_.pixels;
  const sdmae::index masked = Architecture::N - trainer.visible();
  out["step0/pixels"] = to_golden(backend, pixels.data, pixels.size(), {batch, masked, Architecture::P});
  out["step0/student"] =
      to_golden(backend, slice.student.scores.data, slice.student.scores.size(), {batch, Architecture::K});
  out["step0/teacher"] =
      to_golden(backend, slice.teacher.scores.data, slice.teacher.scores.size(), {batch, Architecture::K});
  for (const sdmae::parameter& row : Trainer::model_type::table())
    if (row.traits.trained && (row.reached_by & trainer.reached_outputs()) != 0)
      out["step0/grad/" + std::string(row.name())] =
          to_golden(backend, trainer.state().gradients + row.offset, row.count(), shape_of(row));
}

}  // namespace detail

/// One slice holds the whole batch, so that the outputs of step 0 can be read back.
template <class Architecture, class Reconstruction, class Distillation, class Backend>
golden_tensors replay(const golden_case& c, Backend& backend) {
  using T = typename Backend::scalar;
  auto model = sdmae::build<Architecture>(backend);
  detail::load_starting_weights(model, sdmae::safetensors_file(c.folder / "init.safetensors"));
  const sdmae::safetensors_file inputs(c.folder / "inputs.safetensors");
  const auto images = inputs.read<T>("images");
  const auto want = static_cast<std::size_t>(c.steps * c.batch);
  if (images.size() != want * Architecture::image.values() ||
      inputs.info("mask").count() != static_cast<sdmae::index>(want) * Architecture::N)
    throw sdmae::error(
        inputs.name(),
        "images or masks are not those of " + std::to_string(c.steps) + " steps of " + std::to_string(c.batch),
        "make the case again");
  const sdmae::masking::given mask(inputs.read<std::uint8_t>("mask"), Architecture::N);

  const double lambda = c.number("config", "distill_weight");
  const auto loss = (1 - lambda) * Reconstruction{} +
                    lambda * Distillation{.student_temperature = c.number("config", "student_temperature"),
                                          .teacher_temperature = c.number("config", "teacher_temperature"),
                                          .center_momentum = c.number("config", "center_momentum")};
  const sdmae::adamw optimiser{.learning_rate = c.number("adamw", "lr"),
                               .beta1 = c.settings.at("adamw").at("betas").at(0),
                               .beta2 = c.settings.at("adamw").at("betas").at(1),
                               .epsilon = c.number("adamw", "eps"),
                               .weight_decay = c.number("adamw", "weight_decay")};
  using Trainer = sdmae::pretrainer<decltype(model), sdmae::masking::given, std::decay_t<decltype(loss)>>;
  Trainer trainer(model, mask, loss, optimiser, {.slice = c.batch});

  golden_tensors out;
  golden_tensor losses{{c.steps, 4}, {}}, center{{c.steps, Architecture::K}, {}};
  for (sdmae::index step = 0; step < c.steps; ++step) {
    const T* const first = images.data() + step * c.batch * Architecture::image.values();
    sdmae::array_batch<Architecture::image, T> batch(first, c.batch, 0, step * c.batch);
    const auto report = trainer.step(batch);
    losses.values.insert(losses.values.end(),
                         {report.loss, report.terms[0].value, report.terms[1].value, report.terms[2].value});
    const T* const centers = std::get<1>(trainer.state().losses.of_term).center.data;
    const golden_tensor read = detail::to_golden(backend, centers, Architecture::K, {});
    center.values.insert(center.values.end(), read.values.begin(), read.values.end());
    if (step == 0) detail::record_outputs(trainer, c.batch, out);
  }
  for (const sdmae::parameter& row : model.table()) {
    const auto values = model.read(row);
    out["after/" + std::string(row.name())] = {detail::shape_of(row),
                                               std::vector<double>(values.begin(), values.end())};
  }
  out["losses"] = std::move(losses);
  out["center"] = std::move(center);
  return out;
}

/// Makes a configuration replayable: `Case` has an architecture, its loss policies, and says whether it is small. Put
/// one in a static's initialiser.
template <class Case>
bool make_replayable() {
  using Architecture = typename Case::architecture;
  using Reconstruction = sdmae::loss::reconstruction<typename Case::target>;
  using Distillation = sdmae::loss::self_distillation<typename Case::teacher_gradient, typename Case::center_from>;
  const auto run = [](const golden_case& c, const std::string& backend, const std::string& scalar, int threads) {
    const auto on = [&](auto&& chosen) { return replay<Architecture, Reconstruction, Distillation>(c, chosen); };
    if (backend == "reference") {
      if constexpr (Case::small)
        return scalar == "float" ? on(sdmae::reference_backend<float>{}) : on(sdmae::reference_backend<double>{});
      else
        throw sdmae::error(c.name, "is too large for the reference backend", "use --backend cpu");
    }
    if (backend == "cuda") {
#if defined(PROGRAM_CUDA)
      return scalar == "float" ? on(sdmae::cuda_backend<float>{}) : on(sdmae::cuda_backend<double>{});
#else
      throw sdmae::error("--backend cuda", "this program was built without it", "build it with cmake --preset cuda");
#endif
    }
    const sdmae::cpu_options options{.threads = threads};
    return scalar == "float" ? on(sdmae::eigen_backend<float>{options}) : on(sdmae::eigen_backend<double>{options});
  };
  const golden_architecture described{
      "sd_mae",           Architecture::image,          Architecture::encoder_shape, Architecture::decoder_shape,
      Architecture::head, Case::teacher_gradient::name, Case::center_from::name,     Case::target::name};
  replayables().push_back({described, run});
  return true;
}

}  // namespace program
