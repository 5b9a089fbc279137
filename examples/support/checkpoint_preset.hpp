// What a checkpoint says that it is: of which preset, a classifier of which classes.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "presets.hpp"
#include "sdmae/io/safetensors.hpp"
#include "sdmae/io/weight_report.hpp"

namespace program {

/// What a checkpoint notes under a name, or nothing.
inline std::string metadata_of_checkpoint(const std::string& checkpoint, const std::string& name) {
  const sdmae::safetensors_file file(checkpoint);
  const auto noted = file.metadata().find(name);
  return noted == file.metadata().end() ? "" : noted->second;
}

/// The preset that was asked for, or else the one that the checkpoint names. Throws sdmae::error when it names none.
inline std::string preset_name_of_checkpoint(const std::string& checkpoint, const std::string& asked) {
  if (!asked.empty()) return asked;
  const std::string named = metadata_of_checkpoint(checkpoint, "sdmae.preset");
  if (named.empty())
    throw sdmae::error(checkpoint, "does not name its preset", "add --preset NAME, the model it was made with");
  return named;
}

/// Throws sdmae::error when it is not in this program.
inline const sdmae::registered_preset& preset_of_checkpoint(const std::string& checkpoint, const std::string& asked) {
  return find_preset(preset_name_of_checkpoint(checkpoint, asked));
}

/// The classes of a checkpoint that `finetune` left, in the order of its scores; none of any other's.
inline std::vector<std::string> classes_of_checkpoint(const std::string& checkpoint) {
  const std::string named = metadata_of_checkpoint(checkpoint, "sdmae.classes");
  if (named.empty()) return {};
  const auto list = nlohmann::json::parse(named, nullptr, false);
  std::vector<std::string> classes;
  for (const auto& name : list.is_array() ? list : nlohmann::json::array())
    classes.push_back(name.is_string() ? name.get<std::string>() : name.dump());
  if (classes.size() < 2) throw sdmae::error(checkpoint, "does not name its classes", "was it edited?");
  return classes;
}

/// Says what was interpolated of a checkpoint that was taken: the rest of it went in as it is.
inline void tell_reshaped(const std::string& checkpoint, const sdmae::load_report& report) {
  for (const std::string& table : report.reshaped)
    std::fprintf(stderr, "%s: interpolated %s\n", checkpoint.c_str(), table.c_str());
}

}  // namespace program
