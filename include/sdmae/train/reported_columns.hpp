// What losses report of each image, on the host, and the number of a step that it becomes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "sdmae/loss/concept.hpp"

namespace sdmae {

/// A row of numbers, one an image, for each column.
class reported_columns {
 public:
  /// Takes memory for batches of `batch` images where there is not enough yet.
  void reserve(std::size_t columns, index batch) {
    values_.resize(std::max(values_.size(), columns * static_cast<std::size_t>(batch)));
  }
  double* column(std::size_t i, index batch) { return values_.data() + index(i) * batch; }

  /// Of a column, which is in another order afterwards.
  double summarise(loss::summary how, std::size_t i, index batch) {
    double *const first = column(i, batch), *const last = first + batch;
    if (how == loss::summary::mean) return std::accumulate(first, last, 0.0) / double(batch);
    std::sort(first, last);
    return double(std::unique(first, last) - first);
  }

 private:
  std::vector<double> values_;
};

}  // namespace sdmae
