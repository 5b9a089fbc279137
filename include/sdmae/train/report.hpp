// What a training step reports.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// One number of a step: the mean over the batch, or nothing where its loss term was not evaluated.
struct reported {
  const char* name = "";
  double value = 0;
  bool evaluated = false;
};

/// `Terms` holds the numbers of all loss terms, in their order.
template <class Terms>
struct step_report_of {
  index step = 0;   // steps done, this one counted
  index epoch = 0;  // the epoch it belongs to, from 0
  double loss = 0;  // Σ weight·term
  Terms terms{};
  double learning_rate = 0;
  double gradient_norm = 0;                        // L2, over all parameters
  double feature_deviation = 0, feature_rank = 0;  // see feature_spread
};

/// Of a trainer whose losses are known at compile time: nothing is allocated.
template <std::size_t Columns>
using step_report = step_report_of<std::array<reported, Columns>>;
/// Of any trainer; its terms are the trainer's and good until its next step.
using run_report = step_report_of<std::span<const reported>>;

}  // namespace sdmae
