// What became of every tensor of a file that was loaded or converted.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"

namespace sdmae {

namespace detail {

inline std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ", ") + item;
  return text;
}

// {0, 1, 2, 4} as "{0-2,4}", {3} as "3".
inline std::string ranges(const std::vector<index>& numbers) {
  std::string text;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    std::size_t last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(numbers[i]);
    if (last > i) text += "-" + std::to_string(numbers[last]);
    i = last;
  }
  return numbers.size() > 1 ? "{" + text + "}" : text;
}

// "blocks.0.norm1.weight" … "blocks.11.norm1.weight" as "blocks.{0-11}.norm1.weight": names that differ in their first
// number stand as one, where the first of them stood; and so do a checkpoint's moments of all parameters.
inline std::vector<std::string> condensed(const std::vector<std::string>& names) {
  std::vector<std::string> starts, ends;
  std::vector<std::set<index>> numbers;
  std::map<std::string, std::size_t> places;
  for (const std::string& whole : names) {
    const std::string name = whole.rfind("sdmae.adamw.", 0) == 0 ? "sdmae.adamw.*" : whole;
    const std::size_t first = name.find_first_of("0123456789");
    const std::size_t end = std::min(name.find_first_not_of("0123456789", first), name.size());
    const bool numbered = first != std::string::npos && first > 0 && name[first - 1] == '.' && end - first < 10;
    const std::string start = numbered ? name.substr(0, first) : name, rest = numbered ? name.substr(end) : "";
    const auto [place, is_new] = places.try_emplace(start + '\n' + rest, starts.size());
    if (is_new) {
      starts.push_back(start);
      ends.push_back(rest);
      numbers.emplace_back();
    }
    if (numbered) numbers[place->second].insert(std::stoll(name.substr(first, end - first)));
  }
  for (std::size_t i = 0; i < starts.size(); ++i)
    starts[i] += (numbers[i].empty() ? "" : ranges({numbers[i].begin(), numbers[i].end()})) + ends[i];
  return starts;
}

}  // namespace detail

/// Names of tensors by what became of them. `missing` ones were wanted and are not in the file; `unexpected` ones are
/// in it and nobody knows them; `left_out` ones are known and have no place where the weights went (a decoder, a
/// training state); `reshaped` ones are position tables that were interpolated, with both grids.
struct load_report {
  std::vector<std::string> used, missing, unexpected, reshaped, left_out;

  /// A line for each kind that there is: "used 3: cls_token, blocks.{0-11}.norm1.weight, …"
  std::string text() const {
    std::string lines;
    const auto line = [&](const char* kind, const std::vector<std::string>& names) {
      if (!names.empty())
        lines += std::string(kind) + " " + std::to_string(names.size()) + ": " +
                 detail::joined(detail::condensed(names)) + "\n";
    };
    line("used", used);
    line("missing", missing);
    line("unexpected", unexpected);
    line("reshaped", reshaped);
    line("left out", left_out);
    return lines;
  }
};

}  // namespace sdmae
