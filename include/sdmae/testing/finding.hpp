// What a test kit reports: a list of findings, to be shown by whatever test framework a project uses.
#pragma once

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace sdmae::testing {

/// One thing that was checked. It passes when error <= bound; an error of NaN (something was never written) does not.
struct finding {
  std::string what;  // operation, variant, shape
  double error = 0;  // the largest, relative to the largest expected magnitude or 1
  double bound = 0;
  std::uint64_t bits = 0;  // a hash of the outputs, where they are to be compared bit by bit with another run's
  bool pass = false;
};

using findings = std::vector<finding>;

inline finding judged(std::string what, double error, double bound, std::uint64_t bits = 0) {
  return {std::move(what), error, bound, bits, error <= bound};
}

/// A yes-or-no question as a finding.
inline finding judged(std::string what, bool right) { return judged(std::move(what), right ? 0.0 : 1.0, 0.0); }

/// The larger error, where NaN is larger than anything.
inline double worse(double a, double b) { return std::isnan(a) || a > b ? a : b; }

/// One line for each finding that does not pass; empty when all do. `only`: those whose name contains it.
inline std::string failures(const findings& all, const std::string& only = {}) {
  std::ostringstream text;
  for (const finding& each : all)
    if (!each.pass && each.what.find(only) != std::string::npos)
      text << each.what << ": error " << each.error << ", at most " << each.bound << " allowed\n";
  return text.str();
}

/// Two runs of the same checks, on backends that must agree bit by bit: where they do not.
inline findings compare_bits(const findings& one, const findings& other) {
  findings result{judged("the same things were checked", one.size() == other.size())};
  for (std::size_t i = 0; i < one.size() && i < other.size(); ++i)
    result.push_back(judged(one[i].what + ", same bits", one[i].what == other[i].what && one[i].bits == other[i].bits));
  return result;
}

}  // namespace sdmae::testing
