// Reports as text; what they say of settings that were not given.
#pragma once

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace program {

inline void say(const std::string& line) { std::fprintf(stderr, "%s\n", line.c_str()); }

/// Says a line, and keeps it among the report's notes: what is to be known of figures stands beside them.
inline void note(nlohmann::ordered_json& report, const std::string& line) {
  say(line);
  report["notes"].push_back(line);
}

/// A report as text, whatever bytes its names have.
inline std::string report_text(const nlohmann::ordered_json& report) {
  return report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// A setting, or null where it was not given.
inline nlohmann::ordered_json or_null(const std::optional<double>& value) {
  return value ? nlohmann::ordered_json(*value) : nlohmann::ordered_json(nullptr);
}
inline nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

}  // namespace program
