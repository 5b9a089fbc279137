// Checkpoints: a training run as a safetensors file, weights under the released names. Needs sdmae::checkpoint.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "sdmae/train/trainer.hpp"

namespace sdmae {

/// What a run is made of, by name, beside its tensors: preset, rates, seed, data set. Two runs with equal settings and
/// equal steps have equal checkpoints, to the byte.
using run_settings = std::map<std::string, std::string>;

namespace detail {

inline tensor_to_write to_write(const named_tensor& tensor) {
  return {tensor.name, dtype_of<float>(), tensor.shape, nullptr, [tensor](const byte_sink& sink) {
            std::vector<float> values(static_cast<std::size_t>(tensor.count));
            tensor.read(values.data());
            sink(values.data(), static_cast<index>(values.size() * sizeof(float)));
          }};
}

inline std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

/// Every way in which a file's tensors differ from the wanted ones; those for which `ignored` is true do not count.
template <class Ignored>
std::vector<std::string> differences(const safetensors_file& file, const std::vector<named_tensor>& wanted,
                                     Ignored ignored) {
  std::vector<std::string> found;
  std::map<std::string, bool> known;
  for (const named_tensor& tensor : wanted) {
    known[tensor.name] = true;
    if (!file.contains(tensor.name))
      found.push_back("missing " + tensor.name);
    else if (file.info(tensor.name).shape != tensor.shape)
      found.push_back(tensor.name + " is " + shape_text(file.info(tensor.name).shape) + ", not " +
                      shape_text(tensor.shape));
  }
  for (const tensor_info& tensor : file.tensors())
    if (!known.count(tensor.name) && !ignored(tensor.name)) found.push_back("unexpected " + tensor.name);
  return found;
}

// All values are looked at before the first is taken: a file is taken whole or not at all.
inline void read_into(const safetensors_file& file, const std::vector<named_tensor>& tensors) {
  for (const named_tensor& tensor : tensors)
    for (const float value : file.read<float>(tensor.name))
      if (!std::isfinite(value))
        throw error(file.name(), tensor.name + " holds a value that is not finite", "use an older checkpoint");
  for (const named_tensor& tensor : tensors) tensor.write(file.read<float>(tensor.name).data());
}

inline bool is_training_state(const std::string& name) { return name.rfind("sdmae.", 0) == 0; }

}  // namespace detail

/// Writes weights, moments, the losses' states and the step number, atomically: an older file stays until the new one
/// is whole. Throws sdmae::error when the disk does not take it.
inline void save_checkpoint(const std::filesystem::path& path, trainer& run, const run_settings& settings) {
  std::vector<tensor_to_write> tensors;
  for (const named_tensor& tensor : run.parameters()) tensors.push_back(detail::to_write(tensor));
  for (const named_tensor& tensor : run.training_state()) tensors.push_back(detail::to_write(tensor));
  const std::int64_t step = run.steps_done();
  tensors.push_back(tensor_from<std::int64_t>("sdmae.step", {}, &step));
  run_settings metadata = settings;
  metadata["format"] = "pt";
  write_safetensors(path, std::move(tensors), metadata);
}

/// Takes the weights of a file in released names; its "sdmae." tensors are ignored. Throws sdmae::error that lists
/// every tensor missing, unexpected or misshaped, before any weight has changed.
inline void load_parameters(const std::filesystem::path& path, trainer& run) {
  const safetensors_file file(path);
  const std::vector<named_tensor> wanted = run.parameters();
  const auto found = detail::differences(file, wanted, detail::is_training_state);
  if (!found.empty())
    throw error(path.string(), "does not fit the preset: " + detail::joined(found),
                "choose the --preset that the file was made with");
  detail::read_into(file, wanted);
}

/// Continues where save_checkpoint left off. Throws sdmae::error that lists every setting or tensor that differs,
/// before anything has changed.
inline void resume_checkpoint(const std::filesystem::path& path, trainer& run, const run_settings& settings) {
  const safetensors_file file(path);
  std::vector<std::string> found;
  for (const auto& [key, value] : settings) {
    const auto stored = file.metadata().find(key);
    const std::string name = detail::is_training_state(key) ? key.substr(6) : key;
    if (stored == file.metadata().end())
      found.push_back(name + " is not recorded");
    else if (stored->second != value)
      found.push_back(name + " was " + stored->second + ", now " + value);
  }
  if (!found.empty())
    throw error(path.string(), "is of another run: " + detail::joined(found),
                "resume with the settings it was started with, or start anew in another folder");
  std::vector<named_tensor> wanted = run.parameters();
  for (named_tensor& tensor : run.training_state()) wanted.push_back(std::move(tensor));
  found = detail::differences(file, wanted, [](const std::string& name) { return name == "sdmae.step"; });
  if (!file.contains("sdmae.step")) found.push_back("missing sdmae.step");
  if (!found.empty())
    throw error(path.string(), "cannot be resumed: " + detail::joined(found),
                "use --init to start a new run from its weights");
  const std::vector<std::int64_t> step = file.read<std::int64_t>("sdmae.step");
  if (step.size() != 1 || step[0] < 0)
    throw error(path.string(), "sdmae.step is " + (step.size() == 1 ? std::to_string(step[0]) : "not one number"),
                "use --init to start a new run from its weights");
  detail::read_into(file, wanted);
  run.set_steps_done(static_cast<index>(step[0]));
}

}  // namespace sdmae
