// Golden cases: a configuration, starting weights, inputs, and what PyTorch made of them in float64.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "sdmae/core/error.hpp"
#include "sdmae/core/shapes.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/model/mae.hpp"

namespace program {

/// What a case fixes at compile time here: the architecture, and the policies of the loss by name (He et al.'s MAE has
/// a target alone).
struct golden_architecture {
  std::string kind;
  sdmae::image_shape image;
  sdmae::vit_shape encoder, decoder;
  sdmae::head_shape head{};
  std::string teacher_gradient{}, center_from{}, target;
  friend bool operator==(const golden_architecture&, const golden_architecture&) = default;
};

/// A named tensor, in double whatever it was computed in.
struct golden_tensor {
  std::vector<sdmae::index> shape;
  std::vector<double> values;
};
using golden_tensors = std::map<std::string, golden_tensor>;

/// A case folder, read but for its large files.
struct golden_case {
  std::filesystem::path folder;
  std::string name;
  golden_architecture architecture;
  nlohmann::json settings;
  sdmae::index steps = 0, batch = 0, stride = 1;

  double number(const char* group, const char* key) const { return settings.at(group).at(key).get<double>(); }
};

namespace detail {

inline sdmae::vit_shape vit_from(const nlohmann::json& j, bool mae) {
  const sdmae::vit_shape sizes{.width = j.at("width"),
                               .depth = j.at("depth"),
                               .heads = j.at("heads"),
                               .mlp_ratio = j.at("mlp_ratio"),
                               .layer_scale = j.at("layer_scale").get<double>() > 0};
  return mae ? sdmae::mae_tower(sizes) : sizes;
}

inline golden_architecture architecture_from(const nlohmann::json& j) {
  const nlohmann::json& c = j.at("config");
  const bool mae = j.at("kind") == "mae";
  golden_architecture described{
      .kind = j.at("kind"),
      .image = {.height = c.at("height"), .width = c.at("width"), .patch = c.at("patch"), .channels = c.at("channels")},
      .encoder = vit_from(c.at("encoder"), mae),
      .decoder = vit_from(c.at("decoder"), mae),
      .target = c.at("target")};
  if (mae) return described;
  described.head = {.hidden = c.at("hidden"), .bottleneck = c.at("bottleneck"), .prototypes = c.at("prototypes")};
  described.teacher_gradient = c.at("teacher_gradient");
  described.center_from = c.at("center_from");
  return described;
}

}  // namespace detail

/// Reads case.json of a folder. Throws sdmae::error when it is missing or not a case.
inline golden_case read_golden_case(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "case.json";
  std::ifstream file(path);
  if (!file) throw sdmae::error(path.string(), "cannot be read", "name the folder of a golden case");
  golden_case read;
  read.folder = folder;
  try {
    read.settings = nlohmann::json::parse(file);
    read.name = read.settings.at("name");
    read.architecture = detail::architecture_from(read.settings);
    read.steps = read.settings.at("steps");
    read.batch = read.settings.at("batch");
    read.stride = read.settings.at("stride");
    for (const char* key : {"distill_weight", "student_temperature", "teacher_temperature", "center_momentum"})
      read.number("config", key);
    for (const char* key : {"lr", "eps", "weight_decay"}) read.number("adamw", key);
    for (std::size_t i : {0, 1}) read.settings.at("adamw").at("betas").at(i).get<double>();
    read.settings.at("torch_float32_error").get<std::map<std::string, double>>();
  } catch (const nlohmann::json::exception& problem) {
    throw sdmae::error(path.string(), problem.what(), "make the case again with the generator");
  }
  if (read.steps < 1 || read.batch < 1 || read.stride < 1)
    throw sdmae::error(path.string(), "steps, batch and stride must be at least 1", "make the case again");
  return read;
}

/// Every tensor of a file, in double.
inline golden_tensors read_tensors(const std::filesystem::path& path) {
  const sdmae::safetensors_file file(path);
  golden_tensors tensors;
  for (const sdmae::tensor_info& info : file.tensors()) tensors[info.name] = {info.shape, file.read<double>(info.name)};
  return tensors;
}

/// The group that an expected entry is judged in: all gradients together, all updated parameters, each output alone.
inline std::string golden_group(const std::string& entry) {
  if (entry.starts_with("step0/grad/")) return "gradients";
  if (entry.starts_with("after/")) return "after";
  const std::string sampled = ".sample";
  return entry.ends_with(sampled) ? entry.substr(0, entry.size() - sampled.size()) : entry;
}

namespace detail {

inline golden_tensor sampled(const golden_tensor& whole, sdmae::index stride) {
  golden_tensor some;
  for (std::size_t i = 0; i < whole.values.size(); i += static_cast<std::size_t>(stride))
    some.values.push_back(whole.values[i]);
  return some;
}

/// The larger of two errors; NaN counts as infinite, on whichever side it stands.
inline double worse(double error, double other) {
  return std::isnan(error) || std::isnan(other) ? std::numeric_limits<double>::infinity() : std::max(error, other);
}

/// max|got − want| / max|want|.
inline double largest_error(const std::vector<double>& got, const std::vector<double>& want) {
  double error = 0, scale = 1e-30;
  for (std::size_t i = 0; i < want.size(); ++i) {
    error = worse(error, std::abs(got[i] - want[i]));
    scale = std::max(scale, std::abs(want[i]));
  }
  return error / scale;
}

/// ‖got − want‖₂ / ‖want − start‖₂: the relative error of an update; an untouched parameter must be equal. The key
/// third of a full qkv bias, whose true gradient is zero, does not count.
inline double update_error(const std::vector<double>& got, const std::vector<double>& want,
                           const std::vector<double>& start, bool without_key_third) {
  double error = 0, scale = 0;
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (without_key_third && i / (want.size() / 3) == 1) continue;
    error += (got[i] - want[i]) * (got[i] - want[i]);
    scale += (want[i] - start[i]) * (want[i] - start[i]);
  }
  if (scale == 0) return error == 0 ? 0 : std::numeric_limits<double>::infinity();
  return worse(0, std::sqrt(error / scale));
}

}  // namespace detail

/// The largest error of each group. `got` holds whole tensors; `want` may hold samples ("<entry>.sample", every
/// stride-th value). Throws sdmae::error for an entry that is missing or of another size.
inline std::map<std::string, double> golden_errors(const golden_tensors& got, const golden_tensors& want,
                                                   const golden_tensors& init, sdmae::index stride) {
  std::map<std::string, double> worst;
  for (const auto& [entry, expected] : want) {
    const bool is_sample = entry.ends_with(".sample");
    const std::string key = is_sample ? entry.substr(0, entry.size() - 7) : entry;
    const auto found = got.find(key);
    if (found == got.end()) throw sdmae::error(key, "expected, but not computed", "make the case again");
    const auto pick = [&](const golden_tensor& t) { return is_sample ? detail::sampled(t, stride) : t; };
    const golden_tensor mine = pick(found->second);
    if (mine.values.size() != expected.values.size())
      throw sdmae::error(key, "has another size than expected", "make the case again");
    double error;
    if (key.starts_with("after/"))
      error = detail::update_error(mine.values, expected.values, pick(init.at(key.substr(6))).values,
                                   key.ends_with("qkv.bias"));
    else
      error = detail::largest_error(mine.values, expected.values);
    double& largest = worst[golden_group(entry)];
    largest = detail::worse(largest, error);
  }
  for (const auto& [key, mine] : got)
    if (key.starts_with("step0/grad/") && !want.contains(key) && !want.contains(key + ".sample"))
      for (double value : mine.values)
        if (value != 0) throw sdmae::error(key, "has a gradient where none is expected", "");
  return worst;
}

}  // namespace program
