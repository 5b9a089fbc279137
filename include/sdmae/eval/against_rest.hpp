// One class of several against all others, pooled into one.
#pragma once

#include <span>
#include <vector>

#include "sdmae/core/config.hpp"

namespace sdmae::eval {

/// A task of two classes: 0 is the rest, 1 the class that was chosen.
struct two_class_task {
  std::vector<double> scores;  // [samples, 2]
  std::vector<index> truth;
};

/// Probabilities [samples, classes] as those of `chosen` and of all the others together, which is their sum: a sample
/// is said to be of the class only where its probability is above the others' sum.
inline two_class_task against_rest(std::span<const double> scores, std::span<const index> truth, index classes,
                                   index chosen) {
  two_class_task task;
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double* const row = scores.data() + i * static_cast<std::size_t>(classes);
    double others = 0;
    for (index c = 0; c < classes; ++c)
      if (c != chosen) others += row[c];
    task.scores.insert(task.scores.end(), {others, row[chosen]});
    task.truth.push_back(truth[i] == chosen);
  }
  return task;
}

}  // namespace sdmae::eval
