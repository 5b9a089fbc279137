// What the parameter table says of one parameter: name, shape, how it starts, whether it decays and what reaches it.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "sdmae/core/config.hpp"

namespace sdmae {

/// How a parameter starts (released recipes of SD-MAE).
enum class initial {
  zero,
  one,
  xavier_uniform,    // ± sqrt(6 / (fan in + fan out))
  fan_in_uniform,    // ± 1 / sqrt(fan in)
  truncated_normal,  // standard deviation .02, cut at ± .02
  normal,            // standard deviation .02
  nearly_zero,       // truncated_normal, times 0.001: a classifier's head
  layer_scale,       // a constant given when the model is built
  sin_cos_2d,        // a position table over a grid, class rows zero
};

/// The outputs of a model through which a loss can reach a parameter, as bits. `pixels_output` are those of masked
/// patches; `visible_pixels_output` are the visible ones' beside them, asked for together with it.
enum outputs : unsigned {
  no_output = 0,
  pixels_output = 1,
  student_output = 2,
  teacher_output = 4,
  all_outputs = 7,
  visible_pixels_output = 8
};

struct parameter_shape {
  std::array<index, 4> extents{};
  int rank = 0;

  constexpr parameter_shape() = default;
  constexpr parameter_shape(std::initializer_list<index> list) {
    for (index extent : list) extents[static_cast<std::size_t>(rank++)] = extent;
  }
  constexpr index count() const {
    index product = 1;
    for (int i = 0; i < rank; ++i) product *= extents[static_cast<std::size_t>(i)];
    return product;
  }
};

struct parameter_traits {
  initial start = initial::zero;
  index fan_in = 0;                       // for fan_in_uniform and xavier_uniform
  bool decays = false;                    // takes part in AdamW's weight decay
  bool trained = true;                    // false: frozen, never updated
  index grid_height = 0, grid_width = 0;  // of a position table, whose last rows are the grid's
};

/// A row of the parameter table. `offset` counts values from the start of the flat buffer.
struct parameter {
  static constexpr std::size_t longest_name = 63;
  std::array<char, longest_name + 1> characters{};
  std::size_t name_length = 0;
  parameter_shape shape;
  parameter_traits traits;
  index offset = 0;
  unsigned reached_by = all_outputs;

  constexpr std::string_view name() const { return {characters.data(), name_length}; }
  constexpr index count() const { return shape.count(); }
};

}  // namespace sdmae
