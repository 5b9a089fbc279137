// What options of numbers and words may be, for CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <sstream>
#include <string>

namespace program {

/// Of whatever is counted on a command line: products of two such numbers still fit.
inline constexpr int largest_count = 100'000'000;

/// A validator for CLI11: the value lies in [low, high] (or (low, high] with `above`), else the range is told.
inline CLI::Validator within(double low, double high, bool above = false) {
  std::ostringstream range;
  range << (above ? "(" : "[") << low << ", " << high << "]";
  const auto refuse = [=, text = range.str()](std::string& value) -> std::string {
    double number = 0;
    const bool good =
        CLI::detail::lexical_cast(value, number) && number <= high && (above ? number > low : number >= low);
    return good ? "" : value + " is not in the range " + text;
  };
  return {refuse, "in " + range.str(), "within"};
}

inline CLI::Validator not_empty() {
  return {[](std::string& value) { return std::string(value.empty() ? "must not be empty" : ""); }, "", "not_empty"};
}

/// A whole number in [low, high]. CLI11 alone takes -1 for the largest unsigned number, and the largest for a larger.
template <class Number>
CLI::Validator whole(Number low, Number high) {
  const std::string range = std::to_string(low) + " to " + std::to_string(high);
  const auto refuse = [=](std::string& value) -> std::string {
    Number number = 0;
    const char* const end = value.data() + value.size();
    const auto [stop, problem] = std::from_chars(value.data(), end, number);
    const bool good = problem == std::errc{} && stop == end && number >= low && number <= high;
    return good ? "" : value + " is not a whole number from " + range;
  };
  return {refuse, range, "whole"};
}

}  // namespace program
