// What every program does alike: exit status 0 (done), 1 (failed: one line on stderr), 2 (bad usage: one line on
// stderr); never a stack trace, never a silent default for a typo.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"

namespace program {

/// How many letters must be inserted, deleted or replaced to make one word into the other (Levenshtein).
inline std::size_t edits(const std::string& from, const std::string& to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

/// The known word that `word` was probably meant to be, or "" when none is near.
inline std::string nearest(const std::string& word, const std::vector<std::string>& known) {
  std::string best;
  std::size_t least = 1 + word.size() / 3;
  for (const std::string& candidate : known)
    if (const std::size_t distance = edits(word, candidate); distance <= least && (best.empty() || distance < least)) {
      best = candidate;
      least = distance;
    }
  return best;
}

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

#if defined(SDMAE_KNOWN_PRESETS)
#if !defined(PROGRAM_TARGET)
#define PROGRAM_TARGET "pretrain"  // of what is no program of its own
#endif

/// Words of a list separated by spaces.
inline std::vector<std::string> words(const std::string& list) {
  std::istringstream from(list);
  return {std::istream_iterator<std::string>(from), {}};
}

/// The error for a preset that is not in this program: how to compile it in, or, for a typo, which was meant.
inline sdmae::error no_such_preset(const std::string& name) {
  const std::vector<std::string> known = words(SDMAE_KNOWN_PRESETS);
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    std::string presets = SDMAE_COMPILED_PRESETS " " + name;
    std::replace(presets.begin(), presets.end(), ' ', ';');
    return {"--preset " + name, "this program was built without it",
            "add it with: cmake " SDMAE_BUILD_FOLDER " -DSDMAE_PRESETS='" + presets +
                "' && cmake --build " SDMAE_BUILD_FOLDER " --target " PROGRAM_TARGET};
  }
  const std::string meant = nearest(name, known);
  return {"--preset " + name, "there is no such preset",
          meant.empty() ? "there are: " SDMAE_KNOWN_PRESETS : "did you mean " + meant + "?"};
}

#endif

namespace detail {

inline std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

// CLI11's sentence, and for unknown options those that were probably meant: one that is missing may be there, misspelt.
inline std::string usage_error(const CLI::App& options, const CLI::ParseError& problem) {
  std::string line = one_line(problem.what());
  std::vector<std::string> known;
  for (const CLI::Option* option : options.get_options())
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  for (const std::string& unknown : options.remaining()) {
    const std::string meant = nearest(unknown.substr(0, unknown.find('=')), known);
    if (meant.empty()) continue;
    line += line.find(unknown) == std::string::npos ? "; instead of " + unknown : "";
    line += "; did you mean " + meant + "?";
  }
  return line;
}

}  // namespace detail

/// Reads the command line into what `options` names, then runs `body`; returns what main must return. A body finds bad
/// usage that CLI11 cannot see (two options that exclude each other) by throwing CLI::ValidationError.
inline int run(CLI::App& options, int argc, char** argv, const std::function<void()>& body) {
  const std::string name = options.get_name();
  const auto failed = [&](const std::string& line, int status) {
    std::cout.flush();
    std::cerr << name << ": " << detail::one_line(line) << std::endl;
    return status;
  };
  try {
    options.parse(argc, argv);
    body();
    std::cout.flush();
    if (!std::cout) return failed("standard output: cannot write; is the disk full or the reader gone?", 1);
    return 0;
  } catch (const CLI::Success&) {  // --help, --version
    std::cout << options.help();
    return 0;
  } catch (const CLI::ParseError& problem) {
    return failed(detail::usage_error(options, problem) + "; try --help", 2);
  } catch (const sdmae::error& problem) {
    return failed(problem.what(), 1);
  } catch (const std::bad_alloc&) {
    return failed("memory: not enough; choose a smaller preset, --slice, --batch or data set", 1);
  } catch (const std::exception& problem) {
    return failed(std::string("unexpected: ") + problem.what() + "; please report this", 1);
  }
}

}  // namespace program
