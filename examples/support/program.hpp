// What every program does alike: exit status 0 (done), 1 (failed: one line on stderr), 2 (bad usage: one line on
// stderr); never a stack trace, never a silent default for a typo.
#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "sdmae/core/error.hpp"
#include "spelling.hpp"
#include "validators.hpp"

namespace program {

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
  for (const std::string& word : options.remaining()) {
    if (word.rfind('-', 0) != 0) continue;  // a value
    const std::string unknown = word.substr(0, word.find('=')), meant = nearest(unknown, known);
    const bool named = line.find(unknown) != std::string::npos;
    if (!meant.empty()) line += "; did you mean " + meant + (named ? "?" : " instead of " + unknown + "?");
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
