// The one exception type: what went wrong, where, and what the user can do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace sdmae {

/// what() is a single line, "where: what; remedy", fit to be shown as it is.
class error : public std::runtime_error {
 public:
  error(const std::string& where, const std::string& what, const std::string& remedy)
      : std::runtime_error(one_line(where + ": " + what + (remedy.empty() ? "" : "; " + remedy))),
        where_(where),
        problem_(what),
        remedy_(remedy) {}

  const std::string& where() const noexcept { return where_; }
  const std::string& problem() const noexcept { return problem_; }
  const std::string& remedy() const noexcept { return remedy_; }

 private:
  static std::string one_line(std::string text) {
    for (char& c : text)
      if (c == '\n' || c == '\r') c = ' ';
    return text;
  }

  std::string where_, problem_, remedy_;
};

}  // namespace sdmae
