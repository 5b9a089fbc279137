// Numbers as settings record them.
#pragma once

#include <cstdio>
#include <string>

namespace program {

/// The shortest text that reads back as the same number.
inline std::string number_text(double value) {
  char text[32];
  for (int digits = 1; digits < 17; ++digits) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::stod(text) == value) return text;
  }
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

}  // namespace program
