// Checkpoints: a training run as a safetensors file, weights under the released names. Needs sdmae::checkpoint.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "sdmae/io/weight_report.hpp"
#include "sdmae/train/training.hpp"
#include "sdmae/vit/position_resize.hpp"

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

// A position table of a file that a model wants for another grid of patches. `kept` rows belong to the class token.
struct resized_table {
  named_tensor wanted;
  vit::patch_grid from, to;
  index kept = 0;

  std::string text() const {
    const auto size = [](vit::patch_grid grid) {
      return std::to_string(grid.height) + "x" + std::to_string(grid.width);
    };
    return wanted.name + " from " + size(from) + " to " + size(to) + " patches";
  }

  // What the file holds under that name, and takes it resized.
  named_tensor as_tensor() const {
    named_tensor stored = wanted;
    stored.write = [table = *this](const float* values) {
      const index width = table.wanted.shape[2], rows = table.kept + table.from.patches();
      const std::vector<float> old(values, values + rows * width);
      table.wanted.write(vit::resize_positions(old, width, table.kept, table.from, table.to).data());
    };
    return stored;
  }
};

inline std::optional<resized_table> resizable(const safetensors_file& file, const named_tensor& wanted,
                                              vit::patch_grid grid) {
  const std::vector<index>& have = file.info(wanted.name).shape;
  const std::vector<index>& want = wanted.shape;
  if (!wanted.name.ends_with("pos_embed")) return std::nullopt;  // in SD-MAE "encoder.pos_embed"
  if (have.size() != 3 || want.size() != 3 || have[2] != want[2] || have[1] == want[1]) return std::nullopt;
  for (const index kept : {1, 0}) {
    const auto from = vit::square_grid(have[1] - kept);
    const auto to = grid.patches() == want[1] - kept ? std::optional(grid) : vit::square_grid(want[1] - kept);
    if (from && to) return resized_table{wanted, *from, *to, kept};
  }
  return std::nullopt;
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
inline void save_checkpoint(const std::filesystem::path& path, training& run, const run_settings& settings) {
  std::vector<tensor_to_write> tensors;
  for (const named_tensor& tensor : run.parameters()) tensors.push_back(detail::to_write(tensor));
  for (const named_tensor& tensor : run.training_state()) tensors.push_back(detail::to_write(tensor));
  const std::int64_t step = run.steps_done();
  tensors.push_back(tensor_from<std::int64_t>("sdmae.step", {}, &step));
  run_settings metadata = settings;
  metadata["format"] = "pt";
  write_safetensors(path, std::move(tensors), metadata);
}

/// What load_parameters accepts beside a file that has exactly the model's tensors.
struct load_options {
  bool missing = false;  // a file may lack parameters, which then keep their values: an encoder alone
  vit::patch_grid grid;  // the model's, where it is not square: for position tables of another one
  bool others = false;   // a file may hold more, which is left out: a decoder
};

/// Takes the parameters of a model from a file that has the same names; its "sdmae." tensors are left out. A position
/// table ("pos_embed", "decoder_pos_embed") of another grid is interpolated: vit::resize_positions. Returns what became
/// of every tensor. Throws sdmae::error that lists every tensor missing (unless accepted), unexpected or misshaped, or
/// names one that holds no finite numbers, before any weight has changed.
inline load_report load_parameters(const std::filesystem::path& path, const std::vector<named_tensor>& wanted,
                                   const load_options& options = {}) {
  const safetensors_file file(path);
  load_report report;
  std::vector<named_tensor> taken;
  std::vector<detail::resized_table> tables;
  for (const named_tensor& tensor : wanted) {
    if (!file.contains(tensor.name)) {
      report.missing.push_back(tensor.name);
      continue;
    }
    report.used.push_back(tensor.name);
    if (auto table = detail::resizable(file, tensor, options.grid)) {
      report.reshaped.push_back(table->text());
      tables.push_back(std::move(*table));
    } else {
      taken.push_back(tensor);
    }
  }
  std::vector<std::string> found = detail::differences(file, taken, [&](const std::string& name) {
    return options.others || detail::is_training_state(name) ||
           std::count(report.used.begin(), report.used.end(), name) > 0;
  });
  if (!options.missing || report.used.empty())
    for (const std::string& name : report.missing) found.push_back("missing " + name);
  if (!found.empty())
    throw error(path.string(), "does not fit the preset: " + detail::joined(found),
                "choose the --preset that the file was made with");
  for (const tensor_info& tensor : file.tensors())
    if (std::count(report.used.begin(), report.used.end(), tensor.name) == 0) report.left_out.push_back(tensor.name);
  for (detail::resized_table& table : tables) taken.push_back(table.as_tensor());
  detail::read_into(file, taken);
  return report;
}
inline load_report load_parameters(const std::filesystem::path& path, training& run, const load_options& options = {}) {
  return load_parameters(path, run.parameters(), options);
}

/// Continues where save_checkpoint left off. Throws sdmae::error that lists every setting or tensor that differs,
/// before anything has changed.
inline void resume_checkpoint(const std::filesystem::path& path, training& run, const run_settings& settings) {
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
  for (const auto& [key, value] : file.metadata())
    if (detail::is_training_state(key) && settings.count(key) == 0)
      found.push_back(key.substr(6) + " was " + value + ", now not given");
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
