// Replaying a golden case of SD-MAE or of He et al.'s MAE on a backend: the same steps, everything it computes as named
// tensors.
#pragma once

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "golden.hpp"
#include "sdmae/loss/reconstruction.hpp"
#include "sdmae/loss/self_distillation.hpp"
#include "sdmae/masking/given.hpp"
#include "sdmae/masking/random.hpp"
#include "sdmae/model/inference_pass.hpp"
#include "sdmae/model/sd_mae.hpp"
#include "sdmae/train/pretrainer.hpp"

namespace program {

/// Where to replay: a backend ("cpu", "reference", "cuda"), a scalar type ("float" or "double"), how many threads the
/// CPU takes, and what CUDA rounds the factors of products to ("fp32", "tf32", "bf16").
struct replay_device {
  std::string backend = "cpu", scalar = "double", precision = "fp32";
  int threads = 0;
};
using replay_function = std::function<golden_tensors(const golden_case&, const replay_device&)>;

/// A configuration that this program can replay, on one kind of backend.
struct replayable {
  golden_architecture architecture;
  std::string backend;
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

inline sdmae::adamw optimiser_of(const golden_case& c) {
  return {.learning_rate = c.number("adamw", "lr"),
          .beta1 = c.settings.at("adamw").at("betas").at(0),
          .beta2 = c.settings.at("adamw").at("betas").at(1),
          .epsilon = c.number("adamw", "eps"),
          .weight_decay = c.number("adamw", "weight_decay")};
}

template <class Case>
auto loss_of(const golden_case& c) {
  using Reconstruction = sdmae::loss::reconstruction<typename Case::target>;
  if constexpr (Case::architecture::says == sdmae::distilled::nothing) {
    return 1.0 * Reconstruction{};
  } else {
    using Distillation = sdmae::loss::self_distillation<typename Case::teacher_gradient, typename Case::center_from>;
    const double lambda = c.number("config", "distill_weight");
    return (1 - lambda) * Reconstruction{} +
           lambda * Distillation{.student_temperature = c.number("config", "student_temperature"),
                                 .teacher_temperature = c.number("config", "teacher_temperature"),
                                 .center_momentum = c.number("config", "center_momentum")};
  }
}

/// The masks of all steps: which patches are masked (SD-MAE), or whole permutations (He et al.).
template <class Architecture>
sdmae::masking::given masks_of(const golden_case& c, const sdmae::safetensors_file& inputs) {
  constexpr sdmae::index N = Architecture::N;
  const bool mae = Architecture::says == sdmae::distilled::nothing;
  const char* const entry = mae ? "shuffle" : "mask";
  if (inputs.info(entry).count() != c.steps * c.batch * N)
    throw sdmae::error(
        inputs.name(),
        std::string(entry) + " is not that of " + std::to_string(c.steps) + " steps of " + std::to_string(c.batch),
        "make the case again");
  if (!mae) return {inputs.read<std::uint8_t>(entry), N};
  const auto order = inputs.read<std::int32_t>(entry);
  return sdmae::masking::given::orders(order, N, sdmae::masking::he_et_al(c.number("config", "mask_ratio")).visible(N));
}

/// What step 0 of SD-MAE leaves behind.
template <class Trainer>
void record_outputs(Trainer& trainer, sdmae::index batch, golden_tensors& out) {
  using Architecture = typename Trainer::architecture;
  auto& backend = trainer.trained_model().backend();
  const auto& slice = trainer.last_slice();
  const auto pixels = slice.pixels();
  const auto student = slice.student(), teacher = slice.teacher();
  const sdmae::index masked = Architecture::N - trainer.visible();
  out["step0/pixels"] = to_golden(backend, pixels.data, pixels.size(), {batch, masked, Architecture::P});
  out["step0/student"] = to_golden(backend, student.data, student.size(), {batch, Architecture::K});
  out["step0/teacher"] = to_golden(backend, teacher.data, teacher.size(), {batch, Architecture::K});
}

/// He et al.'s outputs before step 0: all patches' pixels in reading order, and the encoder's tokens.
template <class Model, class T>
void record_whole_pictures(Model& model, const sdmae::masking::given& masks, const T* images, sdmae::index batch,
                           golden_tensors& out) {
  using Architecture = typename Model::architecture;
  constexpr sdmae::index N = Architecture::N, P = Architecture::P, D = Architecture::D;
  const sdmae::array_batch<Architecture::image, T> source(images, batch);
  const auto drawn = sdmae::masking::draw_batch<Architecture::image>(masks, 0, source, images);
  const sdmae::inference_pass pass(model, images, batch, drawn, sdmae::pixels_output | sdmae::visible_pixels_output);
  const auto& saved = pass.saved();
  const golden_tensor painted = to_golden(model.backend(), saved.pixels().data, saved.pixels().size(), {});
  golden_tensor pixels{{batch, N, P}, std::vector<double>(static_cast<std::size_t>(batch * N * P))};
  for (sdmae::index r = 0; r < batch * N; ++r)
    std::copy_n(painted.values.begin() + r * P, P,
                pixels.values.begin() + (r / N * N + drawn.order[static_cast<std::size_t>(r)]) * P);
  out["step0/pixels"] = std::move(pixels);
  const auto latent = saved.encoder_.output();
  out["step0/latent"] = to_golden(model.backend(), latent.data, latent.size(), {batch, latent.rows() / batch, D});
}

template <class Trainer>
void record_gradients(Trainer& trainer, golden_tensors& out) {
  for (const sdmae::parameter& row : Trainer::model_type::table())
    if (row.traits.trained && (row.reached_by & trainer.reached_outputs()) != 0)
      out["step0/grad/" + std::string(row.name())] = to_golden(
          trainer.trained_model().backend(), trainer.state().gradients + row.offset, row.count(), shape_of(row));
}

}  // namespace detail

/// One slice holds the whole batch, so that the outputs of step 0 can be read back.
template <class Case, class Backend>
golden_tensors replay(const golden_case& c, Backend& backend) {
  using T = typename Backend::scalar;
  using Architecture = typename Case::architecture;
  constexpr bool distils = Architecture::says != sdmae::distilled::nothing;
  auto model = sdmae::build<Architecture>(backend);
  detail::load_starting_weights(model, sdmae::safetensors_file(c.folder / "init.safetensors"));
  const sdmae::safetensors_file inputs(c.folder / "inputs.safetensors");
  const auto images = inputs.read<T>("images");
  if (images.size() != static_cast<std::size_t>(c.steps * c.batch) * Architecture::image.values())
    throw sdmae::error(inputs.name(),
                       "images are not those of " + std::to_string(c.steps) + " steps of " + std::to_string(c.batch),
                       "make the case again");
  const sdmae::masking::given mask = detail::masks_of<Architecture>(c, inputs);
  const auto loss = detail::loss_of<Case>(c);
  using Trainer = sdmae::pretrainer<decltype(model), sdmae::masking::given, std::decay_t<decltype(loss)>>;
  Trainer trainer(model, mask, loss, detail::optimiser_of(c), {.slice = c.batch});

  golden_tensors out;
  golden_tensor losses{{c.steps, 4}, {}}, center{{c.steps, Architecture::K}, {}};
  if constexpr (!distils) detail::record_whole_pictures(model, mask, images.data(), c.batch, out);
  for (sdmae::index step = 0; step < c.steps; ++step) {
    const T* const first = images.data() + step * c.batch * Architecture::image.values();
    sdmae::array_batch<Architecture::image, T> batch(first, c.batch, 0, step * c.batch);
    const auto report = trainer.step(batch);
    losses.values.push_back(report.loss);
    for (std::size_t term = 0; term < 3; ++term) losses.values.push_back(distils ? report.terms[term].value : 0);
    if constexpr (distils) {
      const T* const centers = std::get<1>(trainer.state().losses.of_term).center.data;
      const golden_tensor read = detail::to_golden(backend, centers, Architecture::K, {});
      center.values.insert(center.values.end(), read.values.begin(), read.values.end());
      if (step == 0) detail::record_outputs(trainer, c.batch, out);
    }
    if (step == 0) detail::record_gradients(trainer, out);
  }
  for (const sdmae::parameter& row : model.table()) {
    const auto values = model.read(row);
    out["after/" + std::string(row.name())] = {detail::shape_of(row),
                                               std::vector<double>(values.begin(), values.end())};
  }
  out["losses"] = std::move(losses);
  if (distils) out["center"] = std::move(center);
  return out;
}

/// What golden cases of a configuration say of themselves.
template <class Case>
golden_architecture described() {
  using Architecture = typename Case::architecture;
  golden_architecture described{.kind = "mae",
                                .image = Architecture::image,
                                .encoder = Architecture::encoder_shape,
                                .decoder = Architecture::decoder_shape,
                                .target = Case::target::name};
  if constexpr (Architecture::says != sdmae::distilled::nothing) {
    described.kind = "sd_mae";
    described.head = Architecture::head;
    described.teacher_gradient = Case::teacher_gradient::name;
    described.center_from = Case::center_from::name;
  }
  return described;
}

/// Makes a configuration replayable on a kind of backend: `Case` has an architecture and its loss policies;
/// make(T{}, device) is a backend of scalar T. Returns true, for the static's initialiser that calls it.
template <class Case, class Make>
bool make_replayable(const std::string& backend, Make make) {
  const auto on = [make](const golden_case& c, auto scalar, const replay_device& device) {
    auto chosen = make(scalar, device);
    return replay<Case>(c, chosen);
  };
  replayables().push_back({described<Case>(), backend, [on](const golden_case& c, const replay_device& device) {
                             return device.scalar == "float" ? on(c, float{}, device) : on(c, double{}, device);
                           }});
  return true;
}

}  // namespace program
