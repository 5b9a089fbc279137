// The classes of samples, and their numbers.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sdmae/core/config.hpp"
#include "sdmae/core/error.hpp"

namespace sdmae {

/// The class of each sample of a folder with a subfolder a class: the first part of its path. Throws sdmae::error for a
/// sample that lies in no subfolder. `where` names the folder in errors.
inline std::vector<std::string> class_folders(const std::vector<std::string>& names, const std::string& where) {
  std::vector<std::string> classes;
  for (const std::string& name : names) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos)
      throw error(where, name + " lies in no class folder", "make a subfolder for each class, or give a table (.csv)");
    classes.push_back(name.substr(0, slash));
  }
  return classes;
}

/// The different words of a list, in order: whole numbers by size, before all others by their bytes.
inline std::vector<std::string> sorted_words(const std::vector<std::string>& words) {
  const auto number = [](const std::string& word) {
    return !word.empty() && word.size() < 10 && word.find_first_not_of("0123456789") == std::string::npos;
  };
  const auto before = [&](const std::string& a, const std::string& b) {
    if (number(a) != number(b)) return number(a);
    if (number(a) && std::stol(a) != std::stol(b)) return std::stol(a) < std::stol(b);
    return a < b;
  };
  std::vector<std::string> sorted = words;
  std::sort(sorted.begin(), sorted.end(), before);
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

/// The place of each word in `known`. Throws sdmae::error, which names `where`, for a word that is not there.
inline std::vector<index> numbered(const std::vector<std::string>& words, const std::vector<std::string>& known,
                                   const std::string& where) {
  std::map<std::string, index> place;
  for (std::size_t i = 0; i < known.size(); ++i) place[known[i]] = static_cast<index>(i);
  std::vector<index> numbers;
  for (const std::string& word : words) {
    const auto found = place.find(word);
    if (found == place.end())
      throw error(where, "has class \"" + word + "\", which was not learned", "give both sets the same classes");
    numbers.push_back(found->second);
  }
  return numbers;
}

}  // namespace sdmae
