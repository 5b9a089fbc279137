// Reports as text.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace program {

/// A report as text, whatever bytes its names have.
inline std::string report_text(const nlohmann::ordered_json& report) {
  return report.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace program
