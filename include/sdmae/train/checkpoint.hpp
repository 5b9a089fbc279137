// Checkpoints: a training run as a safetensors file, weights under the released names. Needs sdmae::checkpoint.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/io/safetensors_write.hpp"
#include "sdmae/io/weight_names.hpp"
#include "sdmae/io/weight_report.hpp"
#include "sdmae/train/checkpoint_positions.hpp"
#include "sdmae/train/training.hpp"

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

inline bool misshaped(const safetensors_file& file, const named_tensor& wanted) {
  return file.info(wanted.name).shape != wanted.shape;
}
inline std::string shapes(const safetensors_file& file, const named_tensor& wanted) {
  return wanted.name + " is " + shape_text(file.info(wanted.name).shape) + ", not " + shape_text(wanted.shape);
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
    else if (misshaped(file, tensor))
      found.push_back(shapes(file, tensor));
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
/// is whole. The image size stands in the metadata: "sdmae.image". Throws sdmae::error
/// when the disk does not take it.
inline void save_checkpoint(const std::filesystem::path& path, training& run, const run_settings& settings) {
  std::vector<tensor_to_write> tensors;
  for (const named_tensor& tensor : run.parameters()) tensors.push_back(detail::to_write(tensor));
  for (const named_tensor& tensor : run.training_state()) tensors.push_back(detail::to_write(tensor));
  const std::int64_t step = run.steps_done();
  tensors.push_back(tensor_from<std::int64_t>("sdmae.step", {}, &step));
  run_settings metadata = settings;
  metadata["format"] = "pt";
  metadata.insert({"sdmae.image", text_of({run.image().height, run.image().width})});
  write_safetensors(path, std::move(tensors), metadata);
}

/// Whether a tensor, under the names of SD-MAE or He et al.'s, is of the encoder: all that features are computed from.
inline bool is_of_encoder(const std::string& name) {
  for (const char* start : {"decoder", "encoder_to_decoder", "encoder_proj_head", "distill_projection", "mask_token"})
    if (name.rfind(start, 0) == 0) return false;
  return !detail::is_training_state(name);
}

/// What load_parameters accepts beside a file that has exactly the model's tensors.
struct load_options {
  bool missing = false;     // a file may lack parameters, which then keep their values: an encoder alone
  bool unexpected = false;  // a file may hold tensors that the model does not have, which are then left where they are
  bool resize = true;       // a file's position tables may be for another grid of patches
  std::function<bool(const std::string&)> part = {};  // tensors that count: the others, of model and file, are left out
  std::string remedy = {};  // how a user accepts what is missing or unexpected, told where that is all that is wrong
};

namespace detail {

// What to do with a file in which nothing is the model's: another world's names are told apart.
inline std::string other_model(const safetensors_file& file, bool nothing) {
  const std::string other = "choose the --preset that the file was made with";
  if (!nothing) return other;
  const auto format = known_format(file);
  if (format == weight_format::hf_mae)
    return "these are names of transformers' ViTMAE: convert --to fb_mae, and choose a mae_vit preset";
  if (format == weight_format::fb_mae || format == weight_format::timm)
    return "these are names of timm's or He et al.'s: convert --to released, or choose a mae_vit preset";
  if (format == weight_format::released)
    return "these are SD-MAE's names: choose a pretrain_mae preset, or convert --to timm";
  return other;
}

// What is wrong with a file, and the way out. `misshaped`: of tensors that both have.
inline void refuse_parameters(const safetensors_file& file, const load_report& report,
                              const std::vector<std::string>& misshaped, const load_options& options) {
  std::vector<std::string> found = misshaped;
  const auto add = [&](const char* what, const std::vector<std::string>& names) {
    for (const std::string& name : names) found.push_back(what + name);
  };
  const bool nothing = report.used.empty();
  if (!options.missing || nothing) add("missing ", report.missing);
  if (!options.unexpected || nothing) add("unexpected ", report.unexpected);
  if (found.empty()) return;
  const bool in_part = misshaped.empty() && !nothing && !options.remedy.empty();
  const std::string other = other_model(file, nothing);
  throw error(file.name(), "does not fit the preset: " + joined(condensed(found)),
              in_part ? options.remedy + ", or " + other : other);
}

}  // namespace detail

/// Takes the parameters of a model from a file that has the same names; its "sdmae." tensors are left out. A position
/// table of another grid is interpolated (vit::resize_positions); the file's grid is what its metadata say
/// ("sdmae.image"), else the model's or a square one. A table that the file lacks because its model computed positions
/// is made from them, where the metadata tell the grid. Returns what became of every tensor. Throws sdmae::error that
/// lists every tensor missing, unexpected (unless accepted) or misshaped, or names one that holds no finite numbers,
/// before any weight has changed; also when nothing in the file is the model's.
inline load_report load_parameters(const safetensors_file& file, const std::vector<named_tensor>& wanted,
                                   const load_options& options = {}) {
  load_report report;
  std::vector<named_tensor> taken;
  std::vector<detail::resized_table> made;
  std::vector<std::string> misshaped;
  std::set<std::string> used;
  const auto counts = [&](const std::string& name) { return !options.part || options.part(name); };
  for (const named_tensor& tensor : wanted) {
    if (!counts(tensor.name)) continue;
    if (!file.contains(tensor.name)) {
      const auto table = options.resize ? detail::computed(file, tensor) : std::nullopt;
      if (table) made.push_back(*table);
      (table ? report.reshaped : report.missing).push_back(table ? table->text() : tensor.name);
      continue;
    }
    report.used.push_back(tensor.name);
    used.insert(tensor.name);
    if (const auto table = detail::resizable(file, tensor)) {
      report.reshaped.push_back(table->text());
      if (!options.resize) misshaped.push_back(table->refusal());
      taken.push_back(table->as_tensor());
    } else {
      if (detail::misshaped(file, tensor)) misshaped.push_back(detail::shapes(file, tensor));
      taken.push_back(tensor);
    }
  }
  for (const tensor_info& tensor : file.tensors())
    if (detail::is_training_state(tensor.name) || !counts(tensor.name))
      report.left_out.push_back(tensor.name);
    else if (!used.count(tensor.name))
      report.unexpected.push_back(tensor.name);
  detail::refuse_parameters(file, report, misshaped, options);
  detail::read_into(file, taken);
  for (const detail::resized_table& table : made) detail::take_computed(table);
  return report;
}
inline load_report load_parameters(const std::filesystem::path& path, const std::vector<named_tensor>& wanted,
                                   const load_options& options = {}) {
  return load_parameters(safetensors_file(path), wanted, options);
}
/// The same for a model, which must have the file's image size if it computes its positions.
inline load_report load_parameters(const std::filesystem::path& path, training& run, const load_options& options = {}) {
  const safetensors_file file(path);
  detail::refuse_other_places(file, run);
  return load_parameters(file, run.parameters(), options);
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
  const std::string of_the_model = "sdmae.image";  // not a setting; see save_checkpoint
  for (const auto& [key, value] : file.metadata())
    if (detail::is_training_state(key) && key != of_the_model && settings.count(key) == 0)
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
